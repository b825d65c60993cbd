import { type ChainHead, EMPTY_CHAIN, findChainFault } from '@lexchange/access-records'
import type { AccessRecord } from '@lexchange/contracts'

import type { Anchor, AuditFault, AuditNotice } from './fault.ts'

export type ReadRecord = {
  record: AccessRecord
  sequence: number
  /** Name of the first column that differs from the record. */
  differs: string | undefined
}

export type Expected = {
  source: string
  /** Anchors of the source, ascending. */
  anchors: readonly Anchor[]
  /** The last sequence that the database says has come. */
  received: number
  wasReceived(sequence: number): boolean
  /** What was anchored after this may still be on its way, in ms. */
  pendingSince: number
}

/** Walks one source: give it every record ascending, then ask for the rest. */
export function createChainCheck({ source, anchors, ...expected }: Expected) {
  const faults: AuditFault[] = []
  const notices: AuditNotice[] = []
  const waiting = [...anchors]
  let head: ChainHead = EMPTY_CHAIN

  /** Only what never came, and could not have come yet, is pending. */
  function miss(from: number, to: number): void {
    const anchored = anchors.find(({ sequence }) => sequence >= from)
    const isOld = anchored !== undefined && Date.parse(anchored.at) < expected.pendingSince
    let lost = 0
    let first = 0
    for (let sequence = from; sequence <= to; sequence++) {
      if (!isOld && !expected.wasReceived(sequence)) continue
      lost++
      first ||= sequence
    }
    if (lost > 0)
      faults.push({ source, sequence: first, fault: 'missing', detail: `${lost} of them` })
    else notices.push({ source, sequence: from, notice: 'pending' })
  }

  function compareAnchors(sequence: number, hash: string): void {
    while (waiting[0] && waiting[0].sequence <= sequence) {
      const anchor = waiting.shift() as Anchor
      if (anchor.conflict) faults.push({ source, sequence: anchor.sequence, fault: 'conflict' })
      if (anchor.sequence === sequence && anchor.hash !== hash)
        faults.push({ source, sequence, fault: 'rewritten', detail: `anchored ${anchor.at}` })
    }
  }

  return {
    add({ record, sequence, differs }: ReadRecord): void {
      if (differs !== undefined)
        faults.push({ source, sequence, fault: 'columns-differ', detail: differs })
      if (sequence > head.sequence + 1) {
        miss(head.sequence + 1, sequence - 1)
        head = { sequence: sequence - 1, hash: record.previous }
      }
      const found = findChainFault([record], head)
      if (found) faults.push({ source, ...found })
      compareAnchors(sequence, record.hash)
      head = { sequence, hash: record.hash }
    },
    end() {
      const last = Math.max(expected.received, anchors.at(-1)?.sequence ?? 0)
      if (last > head.sequence) miss(head.sequence + 1, last)
      if ((anchors.at(-1)?.sequence ?? 0) < head.sequence)
        notices.push({ source, sequence: head.sequence, notice: 'not-anchored' })
      return { faults, notices }
    },
  }
}
