/** A license number as a place in a series, so that neighbours can be told. */
export type Ordinal = { series: string; place: number }

/** GB 32100: region and registrar, 8 characters; GB 11714: organisation, 8 and a check character; check character. */
const USCC = /^[0-9A-Z]{8}([0-9A-Z]{8})[0-9A-Z]{2}$/
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const LAST_DIGITS = /^(.*?)([0-9]{1,15})([^0-9]*)$/

/** Of a USCC the organisation's number counts, because its check characters jump; else the last digits. */
export function ordinalOf(number: string): Ordinal | undefined {
  const organisation = USCC.exec(number)?.[1]
  if (organisation !== undefined) {
    let place = 0
    for (const character of organisation)
      place = place * ALPHABET.length + Math.max(0, ALPHABET.indexOf(character))
    return { series: number.slice(0, 8), place }
  }
  const [, before = '', digits, after = ''] = LAST_DIGITS.exec(number) ?? []
  if (digits === undefined) return undefined
  return { series: `${before}#${after}`, place: Number(digits) }
}
