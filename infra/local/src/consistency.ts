import type { LicenseSnapshot } from '@lexchange/contracts'

/** One thing that two copies do not agree on. */
export type Difference = { licenseId: string; type: string; number: string; detail: string }

export type Comparison = { licenses: number; versions: number; differences: Difference[] }

export type Copy = { name: string; licenses: AsyncIterable<LicenseSnapshot> }

/**
 * Compares copies of all licenses, version by version. Each copy is sorted as a snapshot is, so that
 * they are merged line by line and any number of licenses needs no memory.
 */
export async function compareCopies(copies: readonly Copy[]): Promise<Comparison> {
  const readers = copies.map(({ name, licenses }) => ({
    name,
    iterator: licenses[Symbol.asyncIterator](),
    next: undefined as LicenseSnapshot | undefined,
  }))
  const advance = async (reader: (typeof readers)[number]) => {
    const { done, value } = await reader.iterator.next()
    reader.next = done ? undefined : value
  }
  await Promise.all(readers.map(advance))
  const comparison: Comparison = { licenses: 0, versions: 0, differences: [] }
  for (;;) {
    const first = readers
      .flatMap(({ next }) => (next ? [next] : []))
      .reduce<LicenseSnapshot | undefined>((a, b) => (a && order(a, b) <= 0 ? a : b), undefined)
    if (!first) return comparison
    const holding = readers.filter(({ next }) => next && order(next, first) === 0)
    comparison.licenses++
    comparison.versions += first.versions.length
    const missing = readers.filter((reader) => !holding.includes(reader)).map(({ name }) => name)
    const present = holding.map(({ name, next }) => ({ name, license: next as LicenseSnapshot }))
    const details = [
      ...(missing.length > 0 ? [`missing at ${missing.join(', ')}`] : []),
      ...differencesOf(present),
    ]
    const { licenseId, type, number } = first
    for (const detail of details) comparison.differences.push({ licenseId, type, number, detail })
    await Promise.all(holding.map(advance))
  }
}

/** Type, number, id in byte order, as PostgreSQL's C collation and LMDB sort. */
function order(a: LicenseSnapshot, b: LicenseSnapshot): number {
  const [left, right] = [a, b].map(({ type, number, licenseId }) =>
    Buffer.from([type, number, licenseId].join('\0')),
  ) as [Buffer, Buffer]
  return Buffer.compare(left, right)
}

function differencesOf(copies: readonly { name: string; license: LicenseSnapshot }[]): string[] {
  const [reference, ...others] = copies
  if (!reference) return []
  return others.flatMap(({ name, license }) =>
    differingMembers(flatten(reference.license), flatten(license)).map(
      ({ member, left, right }) => `${member}: ${reference.name} ${left}, ${name} ${right}`,
    ),
  )
}

/** A version counts as one member, so that a difference is named with its version. */
function flatten({ versions, ...license }: LicenseSnapshot): Map<string, string> {
  return new Map([
    ...Object.entries(license).map(([member, value]) => [member, canonical(value)] as const),
    ...versions.map((version) => [`version ${version.version}`, canonical(version)] as const),
  ])
}

function differingMembers(left: Map<string, string>, right: Map<string, string>) {
  const members = new Set([...left.keys(), ...right.keys()])
  return [...members]
    .map((member) => ({
      member,
      left: left.get(member) ?? 'nothing',
      right: right.get(member) ?? 'nothing',
    }))
    .filter((each) => each.left !== each.right)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    member !== null && typeof member === 'object' && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
