import {
  type ErasedClaims,
  type SealedClaims,
  sealedEvents,
  sealedSubject,
} from '@lexchange/contracts'
import type { OutboxMessage } from '@lexchange/postgres'
import { v7 } from 'uuid'

type Context = { time: string; traceparent?: string | undefined; id?: string }

function message(
  event: keyof typeof sealedEvents,
  data: SealedClaims | ErasedClaims,
  { time, traceparent, id = v7() }: Context,
): OutboxMessage {
  return {
    subject: sealedSubject(data, event),
    event: {
      specversion: '1.0',
      id,
      source: '/registry',
      type: sealedEvents[event].type,
      subject: data.licenseId,
      time,
      datacontenttype: 'application/json',
      ...(traceparent !== undefined && { traceparent }),
      data,
    },
  }
}

export const storedEvent = (data: SealedClaims, context: Context) =>
  message('stored', data, context)

export const erasedEvent = (data: ErasedClaims, context: Context) =>
  message('erased', data, context)
