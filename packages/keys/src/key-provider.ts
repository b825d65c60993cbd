/** The public half of a key on P-256 (RFC 7518, 6.2.1); the coordinates are base64url of 32 bytes. */
export type PublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** Holds private keys and signs with them; a private key never leaves it. */
export type KeyProvider = {
  readonly kind: 'file' | 'pkcs11'
  /**
   * Makes an EC key pair on P-256 named `id` (the kid); the same id again gives the same public key,
   * also after a crash.
   * @param id 1 to 128 characters of base64url.
   * @throws RangeError for another id, SigningUnavailableError
   */
  generate(id: string): Promise<PublicJwk>
  /**
   * ES256 (RFC 7518, 3.4) over `data`, which is hashed here (SHA-256).
   * @returns 64 bytes, R || S.
   * @throws RangeError for an id that none can be, SigningUnavailableError
   */
  sign(id: string, data: Uint8Array): Promise<Uint8Array>
  /** Lets go of keys and sessions; whatever is asked afterwards is refused. */
  close(): Promise<void>
}

/** Ids become file names and labels: nothing that a file system or a token reads otherwise. */
const KEY_ID = /^[A-Za-z0-9_-]{1,128}$/

export function requireKeyId(id: string): void {
  if (!KEY_ID.test(id))
    throw new RangeError('A key id is 1 to 128 letters, digits, "-" and "_" of ASCII')
}
