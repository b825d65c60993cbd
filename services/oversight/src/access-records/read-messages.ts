import { accessRecordOf } from '@lexchange/access-records'
import {
  type AccessRecord,
  type AccessRow,
  accessRecorded,
  accessRecordedV1,
} from '@lexchange/contracts'
import { eventParser } from '@lexchange/events'
import { DomainError } from '@lexchange/problems'

import { AccessRecordTimeInvalidError } from './access-record.errors.ts'

const parse = eventParser([accessRecorded, accessRecordedV1])

/** The records of a message, or why it can never be applied. */
export function readMessage(text: string): AccessRecord[] | DomainError {
  try {
    const data = parse(text).event.data as { records: (AccessRow | AccessRecord)[] }
    const records = data.records.map(accessRecordOf)
    for (const { at, source, sequence } of records)
      if (Number.isNaN(Date.parse(at))) throw new AccessRecordTimeInvalidError(source, sequence)
    return records
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}
