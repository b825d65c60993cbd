import { createHash } from 'node:crypto'

import type { PublicJwk } from '../key-provider.ts'
import * as C from './cryptoki.ts'
import type { CryptokiLibrary } from './cryptoki-library.ts'
import { toPublicJwk } from './ec-point.ts'
import {
  type Attribute,
  FALSE,
  lengthIn,
  mechanism,
  TRUE,
  template,
  word,
  wordsOf,
} from './memory.ts'

/** The object identifier of P-256 in DER (RFC 5480, 2.1.1.1). */
const P256 = Buffer.from('06082a8648ce3d030107', 'hex')
/** DER of an uncompressed point is 67 bytes. */
const EC_POINT = 128
const SIGNATURE = 64

/** One call to the token: its library and a session that is ours meanwhile. */
export type TokenSession = { readonly library: CryptokiLibrary; readonly session: bigint }

/** The private key of this id; undefined when the token has none. @throws Error when it has several */
export async function findPrivateKey(on: TokenSession, id: string): Promise<bigint | undefined> {
  const found = await findKeys(on, C.CKO_PRIVATE_KEY, id)
  if (found.length > 1) throw new Error(`The token has ${found.length} private keys of this id`)
  return found[0]
}

/** The public half of a pair. @throws Error when the token does not have exactly one */
export async function readPublicKey(on: TokenSession, id: string): Promise<PublicJwk> {
  const [key, ...others] = await findKeys(on, C.CKO_PUBLIC_KEY, id)
  if (key === undefined || others.length > 0)
    throw new Error(`The token has ${others.length + (key ? 1 : 0)} public keys of this id`)
  const value = Buffer.alloc(EC_POINT)
  const wanted = template([[C.CKA_EC_POINT, value]], on.library.addressOf)
  await on.library.call('C_GetAttributeValue', on.session, key, wanted, 1)
  return toPublicJwk(value.subarray(0, lengthIn(wanted)))
}

/** A pair whose private half stays in the token for good. */
export async function generateKeyPair(on: TokenSession, id: string): Promise<void> {
  // A token that stopped half-way may keep the public half alone, which is good for nothing.
  for (const half of await findKeys(on, C.CKO_PUBLIC_KEY, id))
    await on.library.call('C_DestroyObject', on.session, half)
  const name: Attribute[] = [
    [C.CKA_TOKEN, TRUE],
    [C.CKA_LABEL, Buffer.from(id)],
    [C.CKA_ID, Buffer.from(id)],
  ]
  const publicKey: Attribute[] = [
    ...name,
    [C.CKA_PRIVATE, FALSE],
    [C.CKA_VERIFY, TRUE],
    [C.CKA_EC_PARAMS, P256],
  ]
  const privateKey: Attribute[] = [
    ...name,
    [C.CKA_PRIVATE, TRUE],
    [C.CKA_SENSITIVE, TRUE],
    [C.CKA_EXTRACTABLE, FALSE],
    [C.CKA_SIGN, TRUE],
  ]
  const { call, addressOf } = on.library
  await call(
    'C_GenerateKeyPair',
    on.session,
    mechanism(C.CKM_EC_KEY_PAIR_GEN),
    template(publicKey, addressOf),
    publicKey.length,
    template(privateKey, addressOf),
    privateKey.length,
    word(0n),
    word(0n),
  )
}

/** CKM_ECDSA signs a hash that is made outside: not every token hashes itself. */
export async function signWith(
  { library, session }: TokenSession,
  key: bigint,
  data: Uint8Array,
): Promise<Uint8Array> {
  const hash = createHash('sha256').update(data).digest()
  const signature = Buffer.alloc(SIGNATURE)
  const length = word(BigInt(SIGNATURE))
  await library.call('C_SignInit', session, mechanism(C.CKM_ECDSA), key)
  await library.call('C_Sign', session, hash, hash.length, signature, length)
  if (length.readBigUInt64LE() !== BigInt(SIGNATURE))
    throw new Error(`The token signed with ${length.readBigUInt64LE()} bytes: no key on P-256`)
  return signature
}

async function findKeys(
  { library, session }: TokenSession,
  kind: bigint,
  id: string,
): Promise<bigint[]> {
  const wanted: Attribute[] = [
    [C.CKA_CLASS, word(kind)],
    [C.CKA_KEY_TYPE, word(C.CKK_EC)],
    [C.CKA_ID, Buffer.from(id)],
  ]
  const found = Buffer.alloc(2 * word(0n).length)
  const count = word(0n)
  const search = template(wanted, library.addressOf)
  await library.call('C_FindObjectsInit', session, search, wanted.length)
  try {
    await library.call('C_FindObjects', session, found, 2, count)
  } finally {
    await library.call('C_FindObjectsFinal', session)
  }
  return wordsOf(found).slice(0, Number(count.readBigUInt64LE()))
}
