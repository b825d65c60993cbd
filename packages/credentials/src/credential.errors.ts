/** What can be wrong with bytes that somebody hands us. Stable: they are codes of checks as well. */
export type FailureCode =
  | 'credential-malformed'
  | 'credential-too-large'
  | 'algorithm-not-allowed'
  | 'type-not-allowed'
  | 'header-not-allowed'
  | 'disclosure-malformed'
  | 'disclosure-unreferenced'
  | 'disclosure-unknown'
  | 'digest-duplicate'
  | 'digest-malformed'
  | 'hash-not-allowed'
  | 'name-forbidden'
  | 'name-collision'
  | 'too-deep'
  | 'value-not-json'
  | 'holder-key-malformed'
  | 'key-binding-malformed'
  | 'receipt-malformed'
  | 'signature-malformed'
  | 'status-list-malformed'
  | 'status-list-too-large'
  | 'status-bits-not-allowed'
  | 'status-index-out-of-range'
  | 'trust-list-malformed'

/** The only error of this package; whatever else is thrown is a bug. `message` never holds a claim. */
export class CredentialError extends Error {
  override readonly name = 'CredentialError'
  readonly code: FailureCode

  constructor(code: FailureCode, detail: string) {
    super(detail)
    this.code = code
  }
}

/** A failure as a value, for what strangers send. */
export type Failure<Code extends string = FailureCode> = {
  readonly ok: false
  readonly code: Code
  readonly detail: string
}

export type Outcome<Value, Code extends string = FailureCode> =
  | { readonly ok: true; readonly value: Value }
  | Failure<Code>

/** Runs work that throws CredentialError and answers with a value instead. */
export function attempt<Value>(work: () => Value): Outcome<Value> {
  try {
    return { ok: true, value: work() }
  } catch (error) {
    if (!(error instanceof CredentialError)) throw error
    return { ok: false, code: error.code, detail: error.message }
  }
}
