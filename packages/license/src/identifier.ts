const ROOT = '1.2.156.3005.2'
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

const NATIONAL_TYPE = /^[0-9A-Z]{18}[0-9]{3}$/
const ISSUER = /^[0-9A-Z]{18}$/
const SERIAL = /^[0-9A-Z_-]{1,40}$/

// Real identifiers carry shorter types and issuers (a division code, for one) than the structure says.
const LENIENT =
  /^1\.2\.156\.3005\.2\.([0-9A-Z]{1,21})\.([0-9A-Z]{6,18})\.([0-9A-Z_-]+)\.([0-9]{3,})\.([0-9A-Z])$/

export type IdentifierParts = {
  /** 18-character USCC of the authority that defines the type, and 3 digits. */
  nationalType: string
  issuerUscc: string
  /** 1 to 40 of `[0-9A-Z_-]`; has no meaning. */
  serial: string
  /** The license version, from 1. */
  version: number
}

export type IdentifierCheck =
  | ({ ok: true } & IdentifierParts)
  | { ok: false; reason: 'structure' | 'check-character' }

/**
 * ISO/IEC 7064 MOD 37,36 (GB/T 17710) check character; characters outside 0–9 and A–Z (the dots
 * between the parts, `_` and `-` of a serial) are skipped.
 */
export function identifierCheckCharacter(text: string): string {
  let product = 36
  for (const char of text) {
    const value = ALPHABET.indexOf(char)
    if (value < 0) continue
    // The sum 0 counts as 36; without this the product leaves the group and the check is void.
    product = ((product + value) % 36 || 36) * 2
    product %= 37
  }
  return ALPHABET.charAt((37 - product) % 36)
}

/**
 * The national license identifier after GB/T 36904:
 * `1.2.156.3005.2.<type>.<issuer>.<serial>.<version, 3 digits or more>.<check>`.
 * Throws RangeError when a part does not fit: the parts come from our own catalogue and ids.
 */
export function licenseIdentifier(parts: IdentifierParts): string {
  const { nationalType, issuerUscc, serial, version } = parts
  if (!NATIONAL_TYPE.test(nationalType))
    throw new RangeError('nationalType is not 18 + 3 characters')
  if (!ISSUER.test(issuerUscc)) throw new RangeError('issuerUscc is not 18 characters')
  if (!SERIAL.test(serial)) throw new RangeError('serial is not 1 to 40 of [0-9A-Z_-]')
  if (!Number.isSafeInteger(version) || version < 1) throw new RangeError('version is below 1')
  const body = `${nationalType}.${issuerUscc}.${serial}.${String(version).padStart(3, '0')}`
  return `${ROOT}.${body}.${identifierCheckCharacter(body)}`
}

/**
 * Reads a national license identifier: strict about its check character, lenient about the lengths of
 * its parts, because identifiers in use do not all follow the structure. Never throws.
 */
export function checkLicenseIdentifier(identifier: string): IdentifierCheck {
  const [, nationalType = '', issuerUscc = '', serial = '', version = '', check] =
    LENIENT.exec(identifier) ?? []
  if (check === undefined) return { ok: false, reason: 'structure' }
  const body = identifier.slice(ROOT.length + 1, -2)
  if (identifierCheckCharacter(body) !== check) return { ok: false, reason: 'check-character' }
  return { ok: true, nationalType, issuerUscc, serial, version: Number(version) }
}
