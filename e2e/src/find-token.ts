import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** How a text can lie in a file: as it is, in UTF-16, as hex, and within base64 at each of its three alignments. */
export function formsOf(token: string): Buffer[] {
  const bytes = Buffer.from(token)
  const within64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // Without the characters that also depend on what stands beside the token.
    const own = text.slice(before === 0 ? 0 : before + 1, -4)
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = bytes.toString('hex')
  const texts = new Set([token, hex, hex.toUpperCase(), ...within64])
  return [...[...texts].map((text) => Buffer.from(text)), Buffer.from(token, 'utf16le')]
}

/** Files below a folder that hold the token in any form. */
export function filesWith(folder: string, token: string): string[] {
  const forms = formsOf(token)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => {
      const content = readFileSync(file)
      return forms.some((form) => content.includes(form))
    })
    .map((file) => relative(folder, file))
}
