import { Type } from 'typebox'

// Zero-width characters make two names look alike that are not; a lone surrogate cannot be stored.
const FORBIDDEN = '\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Bidi_Control}\\u200B\\u2060\\uFEFF'

/**
 * Schema of one line of text for people to read: 1 to `maximum` code points, not all of them white
 * space, without control, zero-width or direction characters.
 */
export function text(maximum: number) {
  return Type.String({
    // The bound is in the pattern because validators disagree on what a character of maxLength is.
    pattern: `^(?=.*\\S)[^${FORBIDDEN}]{1,${maximum}}$`,
    description: `text of 1 to ${maximum} characters, without control or direction characters`,
  })
}

/** Schema of a list of texts. */
export function texts(maximum: number, { minItems = 0 }: { minItems?: number } = {}) {
  return Type.Array(text(maximum), { minItems, maxItems: 100 })
}

export function slug() {
  return Type.String({
    pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
    maxLength: 64,
    description: 'a slug: lower-case letters and digits, parted by hyphens',
  })
}

export function date() {
  return Type.String({ format: 'date', description: 'a date of the calendar as YYYY-MM-DD' })
}

export function phone() {
  return Type.String({
    pattern: '^\\+[1-9][0-9]{1,14}$',
    description: 'a phone number after E.164, such as +8675512345678',
  })
}
