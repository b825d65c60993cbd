/** What the registry knows of credentials that it gave out; what they were is shown once. */
export type NatsCredential = {
  id: string
  departmentId: string
  /** Public key of the NATS user. */
  publicKey: string
  issuedBy: string
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

/** Those that have not expired, revoked ones too: so many are named in the claims of the NATS account. */
export const MOST_CREDENTIALS = 50

const SECOND = 1000

/** When credentials of a lifetime in seconds end; NATS counts whole seconds. */
export function endOfLife(now: Date, seconds: number): Date {
  return new Date((Math.floor(now.getTime() / SECOND) + seconds) * SECOND)
}
