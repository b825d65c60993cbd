/** Why events of a subscription cannot be had. */
export class SubscriptionError extends Error {
  override readonly name = 'SubscriptionError'
  readonly code: 'event-malformed' | 'credentials-refused' | 'delivery-mismatch'

  constructor(code: SubscriptionError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
