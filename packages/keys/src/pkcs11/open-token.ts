import { CryptokiError, TokenMissingError } from './cryptoki.errors.ts'
import { CKF_OS_LOCKING_OK, CKF_RW_SESSION, CKF_SERIAL_SESSION, CKR, CKU_USER } from './cryptoki.ts'
import type { CryptokiLibrary } from './cryptoki-library.ts'
import { WORD, word, wordsOf } from './memory.ts'
import { createSessionPool, type SessionPool } from './session-pool.ts'

export type TokenOptions = {
  tokenLabel: string
  pin: string
  /** How many calls the token works on at a time. */
  sessions: number
}

export type OpenToken = {
  readonly pool: SessionPool
  /** Private keys by their id; handles hold as long as the library is initialised. */
  readonly handles: Map<string, bigint>
}

/** CK_TOKEN_INFO is 208 bytes; its label is the first 32, filled up with blanks. */
const TOKEN_INFO = 256
const LABEL = 32

/** Initialises the library, finds the token by its label and logs in. */
export async function openToken(
  library: CryptokiLibrary,
  options: TokenOptions,
): Promise<OpenToken> {
  await initialise(library)
  try {
    const slot = await findSlot(library, options.tokenLabel)
    const sessions = [await openSession(library, slot)]
    await logIn(library, sessions[0] as bigint, options.pin)
    while (sessions.length < options.sessions) sessions.push(await openSession(library, slot))
    return { pool: createSessionPool(sessions), handles: new Map() }
  } catch (error) {
    await finalise(library)
    throw error
  }
}

/** Ends sessions and login, but only when no call is under way: Cryptoki does not say what would happen. */
export async function closeToken(library: CryptokiLibrary, token: OpenToken): Promise<void> {
  await token.pool.end()
  await finalise(library)
}

async function initialise(library: CryptokiLibrary): Promise<void> {
  // CK_C_INITIALIZE_ARGS: four functions for mutexes, which the library has itself, flags, reserved.
  const args = Buffer.concat([Buffer.alloc(4 * WORD), word(CKF_OS_LOCKING_OK), word(0n)])
  await library.call('C_Initialize', args).catch(unless(CKR.CRYPTOKI_ALREADY_INITIALIZED))
}

/** What is not initialised any more needs no end; what cannot end is as good as ended. */
async function finalise(library: CryptokiLibrary): Promise<void> {
  await library.call('C_Finalize', null).catch((error) => {
    if (!(error instanceof CryptokiError)) throw error
  })
}

async function findSlot(library: CryptokiLibrary, label: string): Promise<bigint> {
  for (const slot of await listSlots(library)) {
    const information = Buffer.alloc(TOKEN_INFO)
    await library.call('C_GetTokenInfo', slot, information).catch(unless(CKR.TOKEN_NOT_RECOGNIZED))
    if (information.subarray(0, LABEL).toString('utf8').trimEnd() === label) return slot
  }
  throw new TokenMissingError(label)
}

async function listSlots(library: CryptokiLibrary): Promise<bigint[]> {
  const count = word(0n)
  await library.call('C_GetSlotList', 1, null, count)
  const slots = Buffer.alloc(Number(count.readBigUInt64LE()) * WORD)
  if (slots.length === 0) return []
  await library.call('C_GetSlotList', 1, slots, count)
  return wordsOf(slots.subarray(0, Number(count.readBigUInt64LE()) * WORD))
}

async function openSession(library: CryptokiLibrary, slot: bigint): Promise<bigint> {
  const session = word(0n)
  const flags = CKF_SERIAL_SESSION | CKF_RW_SESSION
  await library.call('C_OpenSession', slot, flags, null, null, session)
  return session.readBigUInt64LE()
}

async function logIn(library: CryptokiLibrary, session: bigint, pin: string): Promise<void> {
  const bytes = Buffer.from(pin, 'utf8')
  await library
    .call('C_Login', session, CKU_USER, bytes, bytes.length)
    .catch(unless(CKR.USER_ALREADY_LOGGED_IN))
}

function unless(answer: number): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof CryptokiError) || error.answer !== answer) throw error
  }
}
