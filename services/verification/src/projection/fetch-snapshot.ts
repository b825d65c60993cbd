/**
 * All licenses up to a position in LICENSES, one line of JSON each, sorted by type, number and id; or all
 * sealed claims up to one in SEALED, sorted by license id.
 */
export type Snapshot = {
  position: number
  streamCreated: string
  /** When it was asked for, in ms: it holds all that was in the stream then. */
  takenAt: number
  /** How many lines there are, where the registry says so. */
  licenses: number | undefined
  lines: AsyncIterable<string>
}

export type SnapshotSource = (signal: AbortSignal) => Promise<Snapshot>

/** The registry gave no snapshot; the message says why. */
export class SnapshotRefusedError extends Error {
  override readonly name = 'SnapshotRefusedError'
}

/**
 * Asks the registry for a snapshot: of all licenses, or of all sealed claims. The only call to another
 * service there is, and only at first.
 */
export async function fetchSnapshot(
  registryUrl: string,
  token: () => Promise<string>,
  signal: AbortSignal,
  of: 'licenses' | 'sealed-claims' = 'licenses',
): Promise<Snapshot> {
  const takenAt = Date.now()
  const response = await fetch(`${registryUrl}/v1/snapshots/${of}`, {
    headers: { authorization: `Bearer ${await token()}`, accept: 'application/x-ndjson' },
    signal,
  })
  const position = Number(response.headers.get('lexchange-position') ?? 'none')
  if (!response.ok || !response.body || !Number.isSafeInteger(position)) {
    await response.body?.cancel()
    throw new SnapshotRefusedError(`${registryUrl} answered ${response.status} without a snapshot`)
  }
  const licenses = response.headers.get('lexchange-licenses')
  return {
    position,
    streamCreated: response.headers.get('lexchange-stream-created') ?? '',
    takenAt,
    licenses: licenses === null ? undefined : Number(licenses),
    lines: linesOf(response.body),
  }
}

/** A line of a snapshot is far shorter; without a bound a broken one could take all memory. */
const LONGEST_LINE = 16 * 2 ** 20

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new SnapshotRefusedError('A line has no end')
    for (const line of lines) if (line !== '') yield line
  }
  if (rest !== '') yield rest
}
