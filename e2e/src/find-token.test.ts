import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import { filesWith } from './find-token.ts'

const folder = mkdtempSync(join(tmpdir(), 'lexchange-token-'))
afterAll(() => rmSync(folder, { recursive: true }))

const TOKEN = '493028175533'

describe('filesWith', () => {
  it.each<[string, string | Buffer]>([
    ['as it is', TOKEN],
    ['in a JSON string', JSON.stringify({ phone: `+86${TOKEN}` })],
    ['in hex', Buffer.from(`x${TOKEN}y`).toString('hex')],
    ['in UTF-16', Buffer.from(TOKEN, 'utf16le')],
    ...['', '"', '["salt","contactPhone","+86'].map((before): [string, string] => [
      `in base64url after ${before.length} characters`,
      Buffer.from(`${before}${TOKEN}"]`).toString('base64url'),
    ]),
  ])('finds a token %s', (_how, content) => {
    writeFileSync(join(folder, 'file'), content)
    expect(filesWith(folder, TOKEN)).toEqual(['file'])
  })

  it('finds nothing where there is nothing', () => {
    writeFileSync(join(folder, 'file'), '493028175534')
    expect(filesWith(folder, TOKEN)).toEqual([])
  })
})
