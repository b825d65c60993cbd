import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'

import type { CloudEvent } from '@lexchange/contracts'

export const DELIVERY_KINDS = ['webhook', 'sse', 'jetstream'] as const
export type DeliveryKind = (typeof DELIVERY_KINDS)[number]

/** What a subscriber stored before it said that it has it. */
export type Stored = {
  kind: DeliveryKind
  id: string
  license: string
  sequence: number
  /** The `id:` of a Server-Sent Event. */
  place?: string | undefined
}

/** A line of the journal. One write(2) of a few bytes is not cut by a kill. */
export function lineOf(kind: DeliveryKind, event: CloudEvent, place?: string): string {
  const { id, subject: license, sequence } = event
  return `${JSON.stringify({ kind, id, license, sequence: Number(sequence), place })}\n`
}

/** Reads what a journal has got since the last call. */
export function followJournal(path: string): () => Stored[] {
  let offset = 0
  let rest = ''
  return () => {
    if (!existsSync(path)) return []
    const file = openSync(path, 'r')
    const bytes = Buffer.alloc(Math.max(fstatSync(file).size - offset, 0))
    offset += readSync(file, bytes, 0, bytes.length, offset)
    closeSync(file)
    const lines = (rest + bytes.toString()).split('\n')
    rest = lines.pop() ?? ''
    return lines.map((line) => JSON.parse(line) as Stored)
  }
}

/** Judges what arrives by each delivery as a subscriber does: repetitions are dropped, the rest must be in order. */
export function judgeArrivals(path: string) {
  const read = followJournal(path)
  const last = new Map<string, number>()
  const arrived = { webhook: 0, sse: 0, jetstream: 0 }
  const repeated = { webhook: 0, sse: 0, jetstream: 0 }
  const faults: string[] = []
  return {
    arrived,
    repeated,
    /** Each change that did not come right after the one before it. */
    faults,
    look(): void {
      for (const { kind, license, sequence } of read()) {
        const key = `${kind} ${license}`
        const before = last.get(key) ?? 0
        if (sequence <= before) repeated[kind]++
        else {
          if (sequence !== before + 1) faults.push(`${key}: ${sequence} after ${before}`)
          last.set(key, sequence)
          arrived[kind]++
        }
      }
    },
  }
}
