import type { LicenseEvent } from './license-events.ts'

/** What an event tells whoever receives it, in words for people. */
export type EventMeaning = {
  /** Completes "emitted when". */
  readonly when: string
  /** What `data.status` can be. */
  readonly status: string
  /** What becomes of `data.version`. */
  readonly version: string
  /** What the event says beside what every event does, and what to do with it. */
  readonly note: string
}

/** Next to the shapes, so that a new event cannot come without its meaning: the event catalogue is made of it. */
export const LICENSE_EVENT_MEANINGS: Readonly<Record<LicenseEvent, EventMeaning>> = {
  issued: {
    when: 'a license was issued, or entered by an import',
    status: '`active`; of an import the status that it had',
    version: '1',
    note: 'The first event of a license: `sequence` is 1. An import gives an event for each row, with the `issuedAt` of the license itself, so do not take `time` for it.',
  },
  amended: {
    when: "claims, the holder's name or the holder's key changed",
    status: '`active`',
    version: '+ 1',
    note: 'Which claims changed is not said: compare with what you have, or take `data` as it is. If only a personal or secret claim changed, `data` differs in nothing but `version` and times; a check says what your agreement discloses of it.',
  },
  renewed: {
    when: 'the end of validity moved',
    status: '`active`',
    version: '+ 1',
    note: '`validUntil` is the new end; `null`: none.',
  },
  suspended: {
    when: 'the authority suspended the license',
    status: '`suspended`',
    version: '+ 1',
    note: 'Checks say `invalid`. It can be followed by `reinstated`, `revoked`, `cancelled` or `expired`.',
  },
  reinstated: {
    when: 'the suspension ended',
    status: '`active`',
    version: '+ 1',
    note: 'Checks say `valid` again, unless the license has expired meanwhile.',
  },
  revoked: {
    when: 'the authority revoked the license for cause',
    status: '`revoked`',
    version: '+ 1',
    note: 'Final: no event follows. The number may be issued again, as another license with another `subject`.',
  },
  cancelled: {
    when: 'the holder gave the license up',
    status: '`cancelled`',
    version: '+ 1',
    note: 'Final: no event follows.',
  },
  expired: {
    when: '`validUntil` has passed',
    status: 'as before: `active` or `suspended`',
    version: 'the same',
    note: 'Final: no event follows. It says what follows from the dates, a second or so after: checks say `expired` from `validUntil` on by themselves. `effectiveAt` is the end of validity. `status` does not become `expired`: take that from the type of the event, or from `validUntil`.',
  },
}
