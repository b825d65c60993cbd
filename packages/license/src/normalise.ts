// Deeper values are no claims; without a bound a nested request could exhaust the stack.
const MAX_DEPTH = 8
const AMOUNT = /^([0-9]+)(?:\.([0-9]+))?$/

/** Of these NFKC and white space leave all as it is, and case is that of ASCII. Chinese names are such texts. */
const PLAIN = /^[\x21-\x7e\u4e00-\u9fff]*$/

/**
 * The form in which texts are compared: NFKC (full-width forms become plain ones), case folded, white
 * space collapsed and trimmed. Normalising twice changes nothing more.
 */
export function normaliseText(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  // By way of upper case ß meets SS; lower case first, because ẞ alone has no way there.
  const folded = text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  return folded.normalize('NFKC').replace(/\s+/g, ' ').trim()
}

function normaliseAmount(amount: string): string {
  const [, whole, fraction = ''] = AMOUNT.exec(amount.trim()) ?? []
  if (whole === undefined) return normaliseText(amount)
  return `${whole.replace(/^0+(?=[0-9])/, '')}.${fraction.replace(/0+$/, '')}`
}

function isMoney(value: object): value is { amount: string; currency: string } {
  const { amount, currency } = value as { amount?: unknown; currency?: unknown }
  const strings = typeof amount === 'string' && typeof currency === 'string'
  return strings && Object.keys(value).length === 2
}

/** A text that is equal for claims that match; undefined for what is no claim. */
function canonical(value: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH || value === undefined) return undefined
  if (typeof value === 'string') return JSON.stringify(normaliseText(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, depth + 1))
    return items.includes(undefined) ? undefined : `[${items.sort().join(',')}]`
  }
  if (isMoney(value)) return `${normaliseAmount(value.amount)} ${normaliseText(value.currency)}`
  const members = Object.entries(value).map(([name, member]) => {
    const text = canonical(member, depth + 1)
    return text === undefined ? undefined : `${JSON.stringify(name)}:${text}`
  })
  return members.includes(undefined) ? undefined : `{${members.sort().join(',')}}`
}

/**
 * The form of a claim that is equal for values that match, e.g. to be hashed; undefined for what is no
 * claim.
 */
export function comparableClaim(value: unknown): string | undefined {
  return canonical(value)
}

/**
 * True when a claim is what the asker expects: texts in their normalised form, money by its value
 * ("1000" is "1000.00"), arrays in any order, objects member by member. An absent claim matches nothing.
 */
export function claimsMatch(expected: unknown, actual: unknown): boolean {
  const text = canonical(expected)
  return text !== undefined && text === canonical(actual)
}
