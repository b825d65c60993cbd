import type { LicenseEvent } from './answers.ts'
import { SubscriptionError } from './subscription.errors.ts'

/** An event in hand. */
export type ReceivedEvent = {
  readonly event: LicenseEvent
  /** Where a later subscription can go on behind it; undefined where the exchange remembers that itself. */
  readonly id: string | undefined
  /** It was handled. */
  done(): void
  /** It was not, and is wanted again. */
  undone(): void
}

/** @throws SubscriptionError: whoever skipped it would lose a change. */
export function parseEvent(text: string): LicenseEvent {
  let event: Partial<LicenseEvent> | null
  try {
    event = JSON.parse(text) as Partial<LicenseEvent> | null
  } catch (cause) {
    throw new SubscriptionError('event-malformed', 'An event is no JSON', { cause })
  }
  if (typeof event?.type !== 'string' || typeof event.subject !== 'string')
    throw new SubscriptionError('event-malformed', 'An event is no CloudEvent')
  return event as LicenseEvent
}
