import type { WebhookEvent } from './webhook-event.repository.ts'

type Chain = {
  /** Events in order, the first of which is the next to be sent. */
  events: WebhookEvent[]
  sending: boolean
  /** Later events of this license may be in the database. */
  more: boolean
}

/** Most events of one license in memory. */
const LENGTH = 20

type Chains = {
  byLicense: Map<string, Chain>
  /** What is after it will be given to `add` later. */
  loaded: bigint
}

/** The events of each license, one after the other; a license waits behind its failed event. */
export function createChains() {
  const chains: Chains = { byLicense: new Map(), loaded: 0n }
  return {
    get size() {
      return chains.byLicense.size
    },
    add: (event: WebhookEvent) => add(chains, event),
    /** Heads that may be sent now; they count as being sent from here on. */
    due: (now: Date, limit: number) => takeDue(chains, now, limit),
    /** When the next head is due; undefined where none waits. */
    nextDue: () => nextDue(chains),
    /** The head is to be sent again, as it says when. */
    replace(event: WebhookEvent) {
      const chain = chainOf(chains, event)
      if (!chain) return
      chain.events[0] = event
      chain.sending = false
    },
    /** The head was sent; its successor takes its place. @param read gives later events of the license. */
    advance: (event: WebhookEvent, read: Read) => advance(chains, event, read),
  }
}

type Read = (after: string) => Promise<WebhookEvent[]>

function chainOf({ byLicense }: Chains, event: WebhookEvent): Chain | undefined {
  const chain = byLicense.get(event.licenseId)
  return chain?.events[0]?.id === event.id ? chain : undefined
}

function add(chains: Chains, event: WebhookEvent): void {
  chains.loaded = BigInt(event.id)
  const chain = chains.byLicense.get(event.licenseId)
  if (!chain)
    chains.byLicense.set(event.licenseId, { events: [event], sending: false, more: false })
  else if (chain.more || chain.events.length >= LENGTH) chain.more = true
  else chain.events.push(event)
}

function takeDue({ byLicense }: Chains, now: Date, limit: number): WebhookEvent[] {
  const found: WebhookEvent[] = []
  for (const chain of byLicense.values()) {
    if (found.length >= limit) break
    const [head] = chain.events
    if (!head || chain.sending || (head.nextAttemptAt && head.nextAttemptAt > now)) continue
    chain.sending = true
    found.push(head)
  }
  return found
}

function nextDue({ byLicense }: Chains): Date | undefined {
  let next: Date | undefined
  for (const { events, sending } of byLicense.values()) {
    const at = events[0]?.nextAttemptAt ?? new Date(0)
    if (!sending && (next === undefined || at < next)) next = at
  }
  return next
}

async function advance(chains: Chains, event: WebhookEvent, read: Read): Promise<void> {
  const chain = chainOf(chains, event)
  if (!chain) return
  while (chain.events.length === 1 && chain.more) {
    const known = chains.loaded
    const later = (await read(event.id)).filter(({ id }) => BigInt(id) <= known)
    chain.events.push(...later)
    chain.more = later.length > 0 || chains.loaded > known
  }
  chain.events.shift()
  chain.sending = false
  if (chain.events.length === 0) chains.byLicense.delete(event.licenseId)
}
