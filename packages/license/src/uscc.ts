/** Why a code is no unified social credit code; see `checkUscc`. */
export type UsccFault = 'length' | 'alphabet' | 'check-character' | 'organisation-code'

export type UsccCheck = { ok: true } | { ok: false; reason: UsccFault }

const LENGTH = 18
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const MODULUS = ALPHABET.length
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
const SHAPE = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/

const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]

/** Sum of the first characters' values by their weights; the caller has checked the alphabet. */
function weigh(code: string, weights: readonly number[], worth: (char: string) => number) {
  return weights.reduce((sum, weight, index) => sum + worth(code.charAt(index)) * weight, 0)
}

/**
 * Check character of a USCC (GB 32100-2015): from its first 17 characters, the 18th as it should be.
 * Expects characters of the GB 32100 alphabet, as `checkUscc` makes sure.
 */
export function usccCheckCharacter(code: string): string {
  const sum = weigh(code, WEIGHTS, (char) => ALPHABET.indexOf(char))
  // The outer modulus turns 31 into 0 where the sum is a multiple of 31.
  return ALPHABET.charAt((MODULUS - (sum % MODULUS)) % MODULUS)
}

/**
 * Check character of an organisation code (GB 11714-1997): from its 8 base characters, the 9th.
 * Its alphabet is larger than that of GB 32100: all of 0–9 and A–Z.
 */
export function organisationCodeCheckCharacter(code: string): string {
  const sum = weigh(code, ORGANISATION_WEIGHTS, (char) => Number.parseInt(char, 36))
  return '0X987654321'.charAt(sum % 11)
}

function holdsOrganisationCode(code: string): boolean {
  return code.charAt(16) === organisationCodeCheckCharacter(code.slice(8, 16))
}

/**
 * Checks a unified social credit code after GB 32100-2015: 18 characters (`length`), of its alphabet
 * and with digits where the division stands (`alphabet`), with the right 18th (`check-character`).
 * With `inner` (the default) also the GB 11714 check within it (`organisation-code`). Case matters.
 * Names the first fault in that order; never throws.
 */
export function checkUscc(code: string, { inner = true }: { inner?: boolean } = {}): UsccCheck {
  if (code.length !== LENGTH) return { ok: false, reason: 'length' }
  if (!SHAPE.test(code)) return { ok: false, reason: 'alphabet' }
  if (code.charAt(17) !== usccCheckCharacter(code)) return { ok: false, reason: 'check-character' }
  if (inner && !holdsOrganisationCode(code)) return { ok: false, reason: 'organisation-code' }
  return { ok: true }
}

/**
 * True for codes like those of the early pilot, which are in lawful use though their check character
 * is wrong: the inner GB 11714 check holds. Imports take them only when asked to, and mark them.
 */
export function isLegacyUscc(code: string): boolean {
  const checked = checkUscc(code, { inner: false })
  return !checked.ok && checked.reason === 'check-character' && holdsOrganisationCode(code)
}

/** GB/T 2260 division of the registering authority: characters 3 to 8. Expects a checked code. */
export function divisionOfUscc(code: string): string {
  return code.slice(2, 8)
}
