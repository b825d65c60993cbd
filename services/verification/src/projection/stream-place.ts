import type { StreamEnd } from '@lexchange/events'

/** How far a stream was followed, and when that stream was created. */
export type StreamPlace = { position: number; streamCreated: string }

/** Why a place leads nowhere in the stream as it stands, so that a snapshot has to be taken. */
export function reasonToRebuild(
  { position, streamCreated }: StreamPlace,
  end: StreamEnd,
): string | undefined {
  if (streamCreated !== '' && !isSameStream(streamCreated, end.created))
    return 'the stream was made anew'
  if (position > end.lastSequence) return 'the stream ends before the position'
  if (position + 1 < end.firstSequence)
    return 'the stream no longer holds what follows the position'
  return undefined
}

export function isSameStream(created: string, other: string): boolean {
  return Date.parse(created) === Date.parse(other)
}
