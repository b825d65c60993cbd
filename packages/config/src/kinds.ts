import type { Setting } from './settings.ts'

type Fallback<T> = { fallback?: T }

/** A setting of any text. */
export function text(describe: string, options: Fallback<string> = {}): Setting<string> {
  return { describe, parse: (value) => value, ...options }
}

/** A text that must not be shown anywhere. */
export function secret(describe: string, options: Fallback<string> = {}): Setting<string> {
  return { describe, parse: (value) => value, secret: true, ...options }
}

/** A whole number within bounds, both included. */
export function integer(
  describe: string,
  {
    min = 0,
    max = Number.MAX_SAFE_INTEGER,
    ...options
  }: Fallback<number> & { min?: number; max?: number } = {},
): Setting<number> {
  return {
    describe,
    parse(value) {
      const number = Number(value)
      if (!Number.isSafeInteger(number) || number < min || number > max)
        throw new Error(`"${value}" is not a whole number from ${min} to ${max}`)
      return number
    },
    ...options,
  }
}

/** An absolute http(s) URL; a trailing slash is dropped, so that paths can be appended. */
export function url(describe: string, options: Fallback<string> = {}): Setting<string> {
  return {
    describe,
    parse(value) {
      if (!/^https?:\/\//.test(value) || !URL.canParse(value))
        throw new Error(`"${value}" is not an http or https URL`)
      return value.replace(/\/+$/, '')
    },
    ...options,
  }
}

/** Texts separated by commas. */
export function list(
  describe: string,
  options: Fallback<readonly string[]> = {},
): Setting<readonly string[]> {
  return { describe, parse: (value) => value.split(',').map((item) => item.trim()), ...options }
}

/** One of a few words. */
export function choice<const T extends string>(
  describe: string,
  choices: readonly T[],
  options: Fallback<T> = {},
): Setting<T> {
  return {
    describe: `${describe}: ${choices.join(', ')}`,
    parse(value) {
      const found = choices.find((each) => each === value)
      if (found === undefined) throw new Error(`"${value}" is none of ${choices.join(', ')}`)
      return found
    },
    ...options,
  }
}

/** So many secret bytes, in base64. */
export function bytes(describe: string, length: number): Setting<Uint8Array> {
  return {
    describe,
    secret: true,
    parse(value) {
      const found = Buffer.from(value, 'base64')
      if (found.length !== length) throw new Error(`has ${found.length} bytes`)
      return new Uint8Array(found)
    },
  }
}
