import {
  findTrustedKey,
  type StatusListOutcome,
  type VerifiedCredential,
  verifyStatusListToken,
} from '@lexchange/credentials'
import type { Logger } from 'pino'

import type { Trust } from '../directory/index.ts'

type Kept = { outcome: StatusListOutcome; until: number }

/** How long a list without a ttl is used, and how long one that could not be had is not asked for, in ms. */
const USED_FOR = 60_000
const NOT_AGAIN_FOR = 5_000
/** A list of 2^20 entries has 256 KiB. */
const KEPT_LISTS = 64
const MAX_BYTES = 3 * 2 ** 20
const PATIENCE = 2_000

/**
 * Status lists of issuers of other exchanges, fetched when a credential names one and kept for their `ttl`.
 * Only from the origin that the directory has for the issuer: a credential cannot send us anywhere else.
 */
export function createForeignLists(log: Logger, now: () => number) {
  const kept = new Map<string, Kept>()
  const asking = new Map<string, Promise<void>>()

  async function fetchList(uri: string, issuer: string, trust: Trust): Promise<void> {
    const outcome = await load(uri, issuer, trust, now())
    if (!outcome.ok) log.warn({ uri, code: outcome.code }, 'foreign status list not usable')
    const lasting = outcome.ok ? (outcome.value.ttl ?? USED_FOR / 1000) * 1000 : NOT_AGAIN_FOR
    kept.delete(uri)
    kept.set(uri, { outcome, until: now() + lasting })
    if (kept.size > KEPT_LISTS) kept.delete(kept.keys().next().value ?? '')
  }

  return {
    /** Resolves when the list that a credential names is there, or cannot be had. */
    async prepare({ status, issuer }: VerifiedCredential, trust: Trust): Promise<void> {
      if (!status || (kept.get(status.uri)?.until ?? 0) > now()) return
      const { uri } = status
      const running =
        asking.get(uri) ?? fetchList(uri, issuer, trust).finally(() => asking.delete(uri))
      asking.set(uri, running)
      await running
    },
    /** What is known by now; undefined where the list was never asked for. */
    listOf: ({ status }: VerifiedCredential): StatusListOutcome | undefined =>
      status && kept.get(status.uri)?.outcome,
  }
}

export type ForeignLists = ReturnType<typeof createForeignLists>

async function load(
  uri: string,
  issuer: string,
  { list }: Trust,
  at: number,
): Promise<StatusListOutcome> {
  if (!URL.canParse(uri) || new URL(uri).origin !== new URL(issuer).origin)
    return untrusted('The list lies elsewhere than its issuer')
  try {
    const response = await fetch(uri, {
      headers: { accept: 'application/statuslist+jwt' },
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (!response.ok) return untrusted(`The issuer answered ${response.status}`)
    const token = await readBounded(response)
    if (token === undefined) return untrusted('The list is too large')
    const findKey = (iss: string, kid: string) => findTrustedKey(list, iss, kid)
    return verifyStatusListToken(token, { uri, issuer, findKey, at: new Date(at) })
  } catch {
    return untrusted('The issuer could not be reached')
  }
}

async function readBounded({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('latin1')
}

function untrusted(detail: string): StatusListOutcome {
  return { ok: false, code: 'status-list-unavailable', detail }
}
