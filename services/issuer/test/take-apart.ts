import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect } from 'vitest'

/** What a credential says in the open, and what it hides. */
export function takeApart(credential: string) {
  const [jwt = '', ...disclosures] = credential.split('~')
  expect(disclosures.pop(), 'no KB-JWT').toBe('')
  const hidden = disclosures.map(
    (each) => JSON.parse(Buffer.from(each, 'base64url').toString()) as [string, string, unknown],
  )
  return { jwt, header: decodeProtectedHeader(jwt), payload: decodeJwt(jwt), hidden }
}
