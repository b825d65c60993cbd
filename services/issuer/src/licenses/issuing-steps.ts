import { channel } from 'node:diagnostics_channel'

/** What has just been done of a command that signs: each is a place where a crash must lose nothing. */
export type IssuingStep = 'drafted' | 'intended' | 'signed' | 'stored' | 'committed'

/** For who watches a process from inside, e.g. a test that kills it at a step. */
const steps = channel('lexchange:issuing')

export function reached(step: IssuingStep): void {
  if (steps.hasSubscribers) steps.publish(step)
}
