import { type KeyProvider, requireKeyId } from '../key-provider.ts'
import { SigningUnavailableError } from '../keys.errors.ts'
import { connectToken, type TokenWork } from './token-connection.ts'
import { findPrivateKey, generateKeyPair, readPublicKey, signWith } from './token-keys.ts'
import { withDeadline } from './with-deadline.ts'

export type Pkcs11KeyProviderOptions = {
  /** The PKCS #11 library of the token, e.g. /usr/lib/softhsm/libsofthsm2.so */
  library: string
  /** CK_TOKEN_INFO label of the token that has the keys. */
  tokenLabel: string
  /** Of the token's normal user (CKU_USER). */
  pin: string
  /**
   * Calls that the token works on at a time, 2 by default. While it is slow each holds one of the
   * threads that Node.js has for files, names and hashes too (4, UV_THREADPOOL_SIZE).
   */
  sessions?: number
  /** Until a call is given up, waiting for its turn included; in ms, 5000 by default. */
  timeout?: number
}

/** Closing waits this long for calls that are under way, in ms. */
const CLOSE_TIMEOUT = 5000

/** A library knows one application per process: a second provider would end the sessions of the first. */
const librariesInUse = new Set<string>()

/**
 * Has the keys made and kept by a PKCS #11 token, which is opened with the first call. One process at
 * a time may generate a key of the same id: a token does not refuse the second.
 * @throws Error when this process has a provider of the same library that was not closed.
 */
export function createPkcs11KeyProvider(options: Pkcs11KeyProviderOptions): KeyProvider {
  const { library: path, timeout = 5000, sessions = 2, tokenLabel, pin } = options
  if (librariesInUse.has(path)) throw new Error(`${path} is in use by another key provider`)
  librariesInUse.add(path)
  const connection = connectToken(path, { tokenLabel, pin, sessions })
  /** One after the other, whoever still waits for it: two at once would both miss the key and make it. */
  let generated: Promise<unknown> = Promise.resolve()
  let closed = false

  async function use<T>(
    id: string,
    step: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    requireKeyId(id)
    if (closed) throw new SigningUnavailableError(`Key ${id} is not available: the keys are closed`)
    try {
      return await withDeadline(timeout, work)
    } catch (cause) {
      if (cause instanceof SigningUnavailableError) throw cause
      throw new SigningUnavailableError(`Key ${id} is not available: ${step} failed`, cause)
    }
  }

  return {
    kind: 'pkcs11',
    generate(id) {
      return use(id, 'generating it', (signal) => {
        const made = generated.then(() => connection.use(signal, generateOnce(id)))
        generated = made.catch(() => {})
        return made
      })
    },
    sign(id, data) {
      return use(id, 'signing with it', (signal) => connection.use(signal, signOnce(id, data)))
    },
    async close() {
      if (closed) return
      closed = true
      const closing = connection.close().then(() => librariesInUse.delete(path))
      await withDeadline(CLOSE_TIMEOUT, () => closing)
    },
  }
}

function generateOnce(id: string): TokenWork<Awaited<ReturnType<KeyProvider['generate']>>> {
  return async (library, session) => {
    const on = { library, session }
    if ((await findPrivateKey(on, id)) === undefined) await generateKeyPair(on, id)
    return readPublicKey(on, id)
  }
}

function signOnce(id: string, data: Uint8Array): TokenWork<Uint8Array> {
  return async (library, session, handles) => {
    const on = { library, session }
    const key = handles.get(id) ?? (await findPrivateKey(on, id))
    if (key === undefined)
      throw new SigningUnavailableError(`Key ${id} is not available: the token has none of this id`)
    handles.set(id, key)
    return signWith(on, key, data)
  }
}
