import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, it, vi } from 'vitest'

import { rotateClaimKeys } from './claim-key-commands.ts'
import { createClaimKeys } from './first-directory.ts'

const folder = mkdtempSync(join(tmpdir(), 'lexchange-claim-keys-'))
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

describe('rotateClaimKeys', () => {
  it('puts a new key in front of those before, in a file that only its owner reads', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => {})
    const file = join(folder, 'keys.json')
    const before = createClaimKeys()
    writeFileSync(file, JSON.stringify(before))
    expect(await rotateClaimKeys(file)).toBe(0)
    const { keys } = JSON.parse(readFileSync(file, 'utf8')) as typeof before
    expect(keys.slice(1)).toEqual(before.keys)
    expect(Buffer.from(keys[0]?.key ?? '', 'base64')).toHaveLength(32)
    expect(new Set(keys.map(({ id }) => id)).size).toBe(2)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const { key } of keys) expect(String(said.mock.calls)).not.toContain(key)
  })
})
