import { CredentialError } from './credential.errors.ts'

/** What may be presented: characters of the whole, and disclosures. */
export const MAX_CHARACTERS = 65_536
export const MAX_DISCLOSURES = 200

/** The parts of `<issuer-signed JWT>~<disclosure>~…~[<KB-JWT>]` (RFC 9901, 4). */
export type SdJwtParts = {
  readonly jwt: string
  readonly disclosures: readonly string[]
  readonly keyBinding: string | undefined
  /** All up to and with the last `~`: what a KB-JWT binds. */
  readonly presented: string
}

/** @throws CredentialError `credential-malformed`, `credential-too-large` */
export function splitSdJwt(compact: string): SdJwtParts {
  if (typeof compact !== 'string') {
    throw new CredentialError('credential-malformed', 'A credential is a string')
  }
  if (compact.length > MAX_CHARACTERS) {
    throw new CredentialError('credential-too-large', `Longer than ${MAX_CHARACTERS} characters`)
  }
  const disclosures = compact.split('~')
  const jwt = disclosures.shift() as string
  const last = disclosures.pop()
  if (last === undefined) {
    throw new CredentialError('credential-malformed', 'A credential ends with ~ or a KB-JWT')
  }
  if (disclosures.length > MAX_DISCLOSURES) {
    throw new CredentialError('credential-too-large', `More than ${MAX_DISCLOSURES} disclosures`)
  }
  return {
    jwt,
    disclosures,
    keyBinding: last === '' ? undefined : last,
    presented: last === '' ? compact : compact.slice(0, -last.length),
  }
}

/** `_sd_alg` is taken from the top level before: anywhere else it is refused (RFC 9901, 4.1.1). */
export function requireClaimName(name: string): void {
  if (name === '_sd' || name === '...' || name === '_sd_alg') {
    throw new CredentialError('name-forbidden', 'A claim has a name of SD-JWT itself')
  }
}
