import type { Anchor } from './fault.ts'

const PATIENCE = 30_000

/** All anchors that the registry keeps. @throws Error with what it answered */
export async function readAnchors(
  registryUrl: string,
  token: () => Promise<string>,
): Promise<Anchor[]> {
  const anchors: Anchor[] = []
  let cursor: string | null = null
  do {
    const url = new URL(`${registryUrl}/v1/access-anchors?limit=200`)
    if (cursor !== null) url.searchParams.set('cursor', cursor)
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${await token()}` },
      signal: AbortSignal.timeout(PATIENCE),
    })
    if (!response.ok) throw new Error(`${url.origin}${url.pathname} answered ${response.status}`)
    const page = (await response.json()) as { items: Anchor[]; nextCursor: string | null }
    anchors.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return anchors
}
