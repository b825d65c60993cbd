import type { Call, Http } from './http.ts'

type Page<Item> = { items: Item[]; nextCursor: string | null }

/** The items of a list; the next page is asked for when the one before was read. */
export async function* readPages<Item>(
  http: Http,
  url: string,
  query: Call['query'],
  signal: AbortSignal | undefined,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null | undefined
  do {
    const asked = { ...query, ...(cursor && { cursor }) }
    const page = await http.json<Page<Item>>({ url, query: asked, repeatable: true, signal })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor)
}
