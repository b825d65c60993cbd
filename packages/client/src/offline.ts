import {
  type KeyBindingExpectation,
  type OfflineAnswer,
  readStatusListToken,
  type TrustList,
  verifyOffline,
} from '@lexchange/credentials'

import type { Http } from './http.ts'
import { createKeptDocuments, type KeptDocuments } from './kept-documents.ts'
import { UnreachableError } from './problem.errors.ts'

export type OfflineOptions = {
  /** Where trust list and status lists are kept, for a start without a network; memory alone when left out. */
  readonly folder?: string
  /** Seconds after which the trust list is fetched again; a day. */
  readonly trustListSeconds?: number
}

export type OfflineCheckOptions = {
  /** The time that is asked about; now. */
  readonly at?: Date
  /** Of a key-bound credential: which KB-JWT is demanded. */
  readonly keyBinding?: KeyBindingExpectation
}

/** Checks credentials by trust list and status lists that it keeps; `ageSeconds` of an answer says how old they are. */
export type Offline = {
  /** Fetches what is missing or out of date. Without a network it goes by what it has. */
  verify(credential: string, options?: OfflineCheckOptions): Promise<OfflineAnswer>
  readonly trustList: TrustList
  /** Fetches everything anew, e.g. before the network goes. */
  refresh(): Promise<void>
}

type Deps = { http: Http; registry: string }
type KeptList = { token: string; until: number }

const DAY = 86_400
const TRUST_LIST = 'trust-list.json'
/** A list without `ttl` is good for so long, in seconds. */
const LIST_TTL = 60

/** @throws UnreachableError if there is no network and nothing kept. */
export async function createOffline(deps: Deps, options: OfflineOptions): Promise<Offline> {
  const documents = createKeptDocuments(options.folder)
  const lists = new Map<string, KeptList>()
  const life = (options.trustListSeconds ?? DAY) * 1_000
  let trustList = await loadTrustList(deps, documents, life)

  async function refresh() {
    trustList = await fetchTrustList(deps, documents)
    await Promise.all([...lists.keys()].map((uri) => fetchList(deps, documents, lists, uri)))
  }

  return {
    get trustList() {
      return trustList
    },
    refresh,
    async verify(credential, { at, keyBinding } = {}) {
      if (Date.parse(trustList.asOf) + life < Date.now())
        trustList = await fetchTrustList(deps, documents).catch(keep(trustList))
      const now = new Date()
      const question = { credential, trustList, at: at ?? now, now, keyBinding }
      const first = verifyOffline(question)
      // Only a signature that holds says where to look: others would send us to any address.
      const uri = first.credential?.status?.uri
      if (uri === undefined) return first
      const statusList = await currentList(deps, documents, lists, uri)
      return verifyOffline({ ...question, now: new Date(), statusList })
    },
  }
}

async function loadTrustList(deps: Deps, documents: KeptDocuments, life: number) {
  const kept = await documents.read(TRUST_LIST)
  const list = kept === undefined ? undefined : (JSON.parse(kept) as TrustList)
  if (list && Date.parse(list.asOf) + life >= Date.now()) return list
  return fetchTrustList(deps, documents).catch(keep(list))
}

async function fetchTrustList({ http, registry }: Deps, documents: KeptDocuments) {
  const { text } = await http.send({ url: `${registry}/v1/trust-list`, repeatable: true })
  const list = JSON.parse(text) as TrustList
  await documents.write(TRUST_LIST, text)
  return list
}

/** Goes by what there is when nobody answers; a refusal is no such case. */
function keep<Document>(kept: Document | undefined): (error: unknown) => Document {
  return (error) => {
    if (kept !== undefined && error instanceof UnreachableError) return kept
    throw error
  }
}

async function currentList(
  deps: Deps,
  documents: KeptDocuments,
  lists: Map<string, KeptList>,
  uri: string,
): Promise<string | undefined> {
  const known = lists.get(uri)
  if (known && known.until > Date.now()) return known.token
  try {
    return await fetchList(deps, documents, lists, uri)
  } catch {
    // Whether an old list may still be used is for verifyOffline to say.
    return known?.token ?? documents.read(uri)
  }
}

async function fetchList(
  { http }: Deps,
  documents: KeptDocuments,
  lists: Map<string, KeptList>,
  uri: string,
): Promise<string> {
  const headers = { accept: 'application/statuslist+jwt' }
  const { text } = await http.send({ url: uri, headers, public: true, repeatable: true })
  const token = text.trim()
  const read = readStatusListToken(token)
  const ttl = read.ok ? (read.value.ttl ?? LIST_TTL) : 0
  lists.set(uri, { token, until: Date.now() + ttl * 1_000 })
  await documents.write(uri, token)
  return token
}
