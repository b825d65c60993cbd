import { decodeCursor, encodeCursor } from '@lexchange/http-server'

/** What an SSE `id:` stands for: a message of the DELIVERIES stream that was made then. */
export type EventId = { created: string; sequence: number }

export function encodeEventId({ created, sequence }: EventId): string {
  return encodeCursor([created, String(sequence)])
}

/** @throws a problem `cursor-invalid` */
export function decodeEventId(text: string): EventId {
  const [created = '', sequence = ''] = decodeCursor(text, 2)
  if (!/^(0|[1-9][0-9]{0,15})$/.test(sequence)) decodeCursor('', 2)
  return { created, sequence: Number(sequence) }
}
