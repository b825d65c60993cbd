import { createHmac } from 'node:crypto'

/** The idempotency key of a message; the same for each attempt, and without the dots that the spec forbids. */
export function webhookIdOf(eventId: string): string {
  return `msg_${eventId.replaceAll(/[^0-9A-Za-z_]/g, '')}`
}

/** Headers of Standard Webhooks: one signature for each secret, the newest first. */
export function signWebhook(
  secrets: readonly Uint8Array[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Record<string, string> {
  const signed = `${id}.${timestamp}.${body}`
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`,
  )
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
