/** A row as it was received; its content is an issue request as JSON. */
export type ReceivedRow = { row: number } & (
  | { content: string; fault?: undefined }
  | { content?: undefined; fault: string }
)

/** Longest line or record, in bytes. */
export const MAX_ROW = 65_536

export const TOO_LONG = `is longer than ${MAX_ROW} bytes`
export const NOT_UTF8 = 'is not UTF-8'

/** Undefined for what is not UTF-8; a byte order mark is taken away. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
