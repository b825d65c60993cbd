/** Seconds since 1970 (NumericDate of RFC 7519), or a Date. */
export type Time = number | Date

/** Whole seconds since 1970. */
export function toSeconds(time: Time): number {
  return Math.floor(typeof time === 'number' ? time : time.getTime() / 1000)
}
