import { deflateSync, gzipSync } from 'node:zlib'
import { getListFromStatusListJWT, StatusList } from '@sd-jwt/jwt-status-list'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readFixture } from '../test/sample.ts'
import {
  CredentialError,
  completeJws,
  decodeStatusList,
  draftStatusListToken,
  encodeStatusList,
  packStatuses,
  type StatusBits,
  statusAt,
} from './index.ts'

type Vector = {
  readonly bits: StatusBits
  readonly size: number
  readonly lst: string
  readonly statuses: Readonly<Record<string, number>>
}

const vectors: readonly Vector[] = readFixture('status-list-vectors.json').vectors
const code = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof CredentialError) return error.code
    throw error
  }
  return undefined
}
const entriesOf = ({ statuses }: Vector) =>
  Object.entries(statuses).map(([index, status]) => [Number(index), status] as const)
const bitWidths = fc.constantFrom<StatusBits>(1, 2, 4, 8)

describe('the vectors of the Token Status List draft', () => {
  it.each(vectors)('are read and written: $bits bits, $size entries', (vector) => {
    const { bits, size, lst } = vector
    const entries = entriesOf(vector)
    const ours = packStatuses(size, bits, entries)
    const list = decodeStatusList(lst, bits)
    if (!list.ok) throw new Error(list.code)
    expect(Buffer.from(list.value.bytes).equals(ours)).toBe(true)
    expect(decodeStatusList(encodeStatusList(ours, bits), bits)).toEqual(list)
    // The zlib of Node.js finds other repetitions in long lists than that of the draft; both are level 9.
    if (size < 100) expect(encodeStatusList(ours, bits)).toBe(lst)
    const set = new Map(entries)
    for (let index = 0; index < size; index += size > 100 ? 97 : 1) {
      expect(statusAt(list.value.bytes, bits, index)).toBe(set.get(index) ?? 0)
    }
    for (const [index, status] of entries) {
      expect(statusAt(list.value.bytes, bits, index)).toBe(status)
    }
  })
})

describe('a status list', () => {
  it('is the same for @sd-jwt/jwt-status-list in both directions', () => {
    fc.assert(
      fc.property(
        bitWidths,
        fc.array(fc.nat(255), { minLength: 8, maxLength: 80 }),
        (bits, seeds) => {
          const statuses = seeds
            .slice(0, seeds.length - (seeds.length % 8))
            .map((s) => s % 2 ** bits)
          const ours = packStatuses(statuses.length, bits, statuses.entries())
          const lst = encodeStatusList(ours, bits)
          expect(StatusList.decompressStatusList(lst, bits).statusList).toEqual(statuses)
          const draft = draftStatusListToken({
            ...{ uri: 'u', kid: 'k', issuedAt: 1, expires: 2, ttl: 1, bits, lst },
          })
          const theirs = getListFromStatusListJWT(completeJws(draft, new Uint8Array(64)))
          expect(theirs.statusList).toEqual(statuses)
          const read = decodeStatusList(new StatusList(statuses, bits).compressStatusList(), bits)
          expect(read.ok && Buffer.from(read.value.bytes).equals(ours)).toBe(true)
        },
      ),
    )
  })

  it('keeps the last status of an index and none of its neighbours', () => {
    fc.assert(
      fc.property(bitWidths, fc.array(fc.tuple(fc.nat(99), fc.nat(255))), (bits, entries) => {
        const given = entries.map(([index, status]) => [index, status % 2 ** bits] as const)
        const bytes = packStatuses(100, bits, given)
        const expected = new Map(given)
        for (let index = 0; index < 100; index += 1) {
          expect(statusAt(bytes, bits, index)).toBe(expected.get(index) ?? 0)
        }
      }),
    )
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 16, 2 ** 32, 2 ** 53, '1', null, 1n])(
    'has no index %s',
    (index) => {
      const bytes = packStatuses(16, 2, [])
      expect(code(() => statusAt(bytes, 2, index as number))).toBe('status-index-out-of-range')
      const entries = [[index as number, 1] as const]
      expect(code(() => packStatuses(16, 2, entries))).toBe('status-index-out-of-range')
    },
  )

  it('has only statuses that fit, and a size that can be', () => {
    for (const status of [4, -1, 1.5, Number.NaN]) {
      expect(code(() => packStatuses(16, 2, [[0, status]]))).toBe('status-list-malformed')
    }
    for (const size of [-1, Number.NaN, 2 ** 24, Number.POSITIVE_INFINITY]) {
      expect(code(() => packStatuses(size, 2, []))).toBe('status-list-too-large')
    }
    expect(code(() => encodeStatusList(new Uint8Array(0), 2))).toBe('status-list-malformed')
  })

  it.each([0, 3, 9, 16, -1, '2', null, undefined])('has no statuses of %s bits', (bits) => {
    const lst = encodeStatusList(new Uint8Array(1), 1)
    expect(decodeStatusList(lst, bits)).toMatchObject({ code: 'status-bits-not-allowed' })
    expect(code(() => statusAt(new Uint8Array(1), bits as 1, 0))).toBe('status-bits-not-allowed')
    expect(code(() => packStatuses(1, bits as 1, []))).toBe('status-bits-not-allowed')
  })
})

describe('decodeStatusList', () => {
  it('ends a zip bomb at 1 MiB', () => {
    const bomb = deflateSync(Buffer.alloc(400 * 1_048_576), { level: 9 }).toString('base64url')
    const start = performance.now()
    expect(decodeStatusList(bomb, 1)).toMatchObject({ code: 'status-list-too-large' })
    expect(performance.now() - start).toBeLessThan(200)
    const most = deflateSync(Buffer.alloc(1_048_576)).toString('base64url')
    expect(decodeStatusList(most, 8).ok).toBe(true)
    const oneMore = deflateSync(Buffer.alloc(1_048_577)).toString('base64url')
    expect(decodeStatusList(oneMore, 8)).toMatchObject({ code: 'status-list-too-large' })
    expect(decodeStatusList('A'.repeat(10_000_000), 1)).toMatchObject({
      code: 'status-list-too-large',
    })
  })

  it('refuses what is empty, cut, longer, gzip or no base64url', () => {
    const whole = deflateSync(Buffer.alloc(100, 7))
    const texts = [
      '',
      deflateSync(Buffer.alloc(0)).toString('base64url'),
      whole.subarray(0, -1).toString('base64url'),
      Buffer.concat([whole, Buffer.from('x')]).toString('base64url'),
      gzipSync(Buffer.alloc(100)).toString('base64url'),
      `${whole.toString('base64url')}=`,
      whole.toString('base64'),
      1,
      undefined,
    ]
    for (const lst of texts.filter((each) => each !== whole.toString('base64url'))) {
      expect(decodeStatusList(lst, 2)).toMatchObject({ code: 'status-list-malformed' })
    }
  })
})
