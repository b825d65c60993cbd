import { CKR } from './cryptoki.ts'

/** A function of the PKCS #11 library answered something else than CKR_OK. */
export class CryptokiError extends Error {
  override readonly name = 'CryptokiError'
  readonly answer: number

  constructor(functionName: string, answer: number) {
    super(`${functionName} answered ${nameOf(answer)}`)
    this.answer = answer
  }
}

/** The library has no token with the wanted label, or not yet again. */
export class TokenMissingError extends Error {
  override readonly name = 'TokenMissingError'

  constructor(label: string) {
    super(`No slot has a token with the label ${JSON.stringify(label)}`)
  }
}

/** Sessions and handles were given up while a call waited for its turn. */
export class SessionsEndedError extends Error {
  override readonly name = 'SessionsEndedError'

  constructor() {
    super('The sessions with the token have ended')
  }
}

const LOST: ReadonlySet<number> = new Set([
  CKR.SLOT_ID_INVALID,
  CKR.GENERAL_ERROR,
  CKR.FUNCTION_FAILED,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_MEMORY,
  CKR.DEVICE_REMOVED,
  CKR.KEY_HANDLE_INVALID,
  CKR.OBJECT_HANDLE_INVALID,
  CKR.OPERATION_ACTIVE,
  CKR.OPERATION_NOT_INITIALIZED,
  CKR.SESSION_CLOSED,
  CKR.SESSION_HANDLE_INVALID,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
  CKR.USER_NOT_LOGGED_IN,
  CKR.CRYPTOKI_NOT_INITIALIZED,
])

const PIN_REFUSED: ReadonlySet<number> = new Set([
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
])

/** Whether new sessions can help: those at hand are over, or what they know is. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof SessionsEndedError) return true
  return error instanceof CryptokiError && LOST.has(error.answer)
}

export function isPinRefused(error: unknown): boolean {
  return error instanceof CryptokiError && PIN_REFUSED.has(error.answer)
}

function nameOf(answer: number): string {
  const name = Object.entries(CKR).find(([, value]) => value === answer)?.[0]
  const number = `0x${answer.toString(16)}`
  return name ? `CKR_${name} (${number})` : number
}
