/** Bytes of a webhook secret: Standard Webhooks asks for 24 to 64. */
export const SECRET_BYTES = 32

/** How long a replaced secret still signs, in ms. */
export const SECRET_OVERLAP = 86_400_000

export function secretText(secret: Uint8Array): string {
  return `whsec_${Buffer.from(secret).toString('base64')}`
}
