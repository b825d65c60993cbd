import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { type EcPublicJwk, signEs256, verifyEs256 } from '@lexchange/credentials'

const BEGIN = '<!-- example:begin -->'
const END = '<!-- example:end -->'
const WIDTH = 100

/** Private keys that are published, and worthless: nothing but the examples is signed with them. */
type ExampleKey = EcPublicJwk & { readonly d: string; readonly kid: string }
export const EXAMPLE_KEYS = JSON.parse(
  readFileSync(new URL('example-keys.json', import.meta.url), 'utf8'),
) as Readonly<Record<'authority' | 'holder' | 'verification', ExampleKey>>

export function publicPart({ kty, crv, x, y }: ExampleKey): EcPublicJwk {
  return { kty, crv, x, y }
}

/** A page with this example between its markers. */
export function withExample(page: string, example: string, file: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`${file} needs ${BEGIN} and ${END}`)
  return `${page.slice(0, from + BEGIN.length)}\n${example.trim()}\n${page.slice(to)}`
}

/** Text that is too long for a line: the line breaks are not part of it. */
export function wrapped(text: string): string {
  return fenced('text', text.replaceAll(new RegExp(`.{${WIDTH}}(?=.)`, 'g'), '$&\n'))
}

export function json(value: unknown): string {
  return fenced('json', JSON.stringify(value, null, 2))
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``
}

/** What stands wrapped in a page, whole again. */
export function unwrappedTexts(page: string): string[] {
  return [...page.matchAll(/^```text\n([^`]*)```$/gm)].map(([, text = '']) =>
    text.replaceAll('\n', ''),
  )
}

/**
 * Signs as a signature of the pages does that still holds: ECDSA makes another one each time, and a page
 * should change only when what is signed has.
 */
export function signerKeeping(pages: readonly string[]) {
  const kept = pages
    .flatMap(unwrappedTexts)
    .flatMap((text) => [...text.matchAll(/\.([\w-]{86})(?![\w-])/g)])
    .map(([, signature = '']) => Buffer.from(signature, 'base64url'))
  return (jwk: ExampleKey, data: Uint8Array): Uint8Array => {
    const publicKey = createPublicKey({ key: publicPart(jwk), format: 'jwk' })
    const held = kept.find((signature) => verifyEs256(publicKey, data, signature))
    return held ?? signEs256(createPrivateKey({ key: jwk, format: 'jwk' }), data)
  }
}
