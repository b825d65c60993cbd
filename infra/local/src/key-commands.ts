import { type ApiAnswer, type ClientsFile, callerFor } from './api-caller.ts'

type As = { file: ClientsFile; id: string }
type Key = {
  kid: string
  state: string
  signsFrom: string
  compromisedSince: string | null
  credentials: { signed: number; distrusted: number }
}

const LOOK_EVERY = 1_000

/** An authority's keys, one a line. */
export async function listKeys({ file, id }: As): Promise<number> {
  const answer = await callerFor(file, id).call<{ items: Key[] }>('GET', keysUrl(file))
  for (const key of expectSuccess(answer).items) console.log(describe(key))
  return 0
}

export async function rotateKey({ file, id }: As): Promise<number> {
  const answer = await callerFor(file, id).call<Key>('POST', `${keysUrl(file)}/rotate`)
  console.log(describe(expectSuccess(answer)))
  return 0
}

/** Distrusts a key, and waits until every credential that is affected was made again. */
export async function compromiseKey(
  { file, id }: As,
  { kid, since, reason }: { kid: string; since: string; reason: string },
): Promise<number> {
  const caller = callerFor(file, id)
  const url = `${keysUrl(file)}/${kid}/compromise`
  let key = expectSuccess(await caller.call<Key>('POST', url, { since, reason }))
  for (;;) {
    console.log(describe(key))
    if (key.credentials.distrusted === 0) return 0
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY))
    const { items } = expectSuccess(await caller.call<{ items: Key[] }>('GET', keysUrl(file)))
    key = items.find((each) => each.kid === kid) ?? key
  }
}

const keysUrl = ({ services }: ClientsFile) => `${services.issuer}/v1/keys`

function describe({ kid, state, signsFrom, compromisedSince, credentials }: Key): string {
  const since = compromisedSince ? `, distrusted since ${compromisedSince}` : ''
  const left = credentials.distrusted > 0 ? `, ${credentials.distrusted} to be made again` : ''
  return `${kid} ${state}, from ${signsFrom}${since}: ${credentials.signed} credentials${left}`
}

function expectSuccess<Body>({ status, body }: ApiAnswer<Body>): Body {
  if (status < 300) return body
  throw new Error(`The issuer answered ${status}: ${(body as { detail?: string }).detail}`)
}
