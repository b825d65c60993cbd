import type { LicenseData, LicenseEvent } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'

import { licenseEvent, numbered } from './license-events.ts'
import { startWithLicense } from './start-with-license.ts'
import { type Changes, createTestIssuer, type TestIssuer } from './test-issuer.ts'

export type CheckedBy = { check: string; result: string; code: string }

export type Answer = {
  verificationId: string
  verdict: string
  status: string | null
  version: number | null
  checks: CheckedBy[]
  match?: Record<string, boolean>
  disclosed?: Record<string, unknown>
  receipt?: string
}

let licenses = 100

/** Verification that knows an authority, Shenzhen's, and what checks its credentials. */
export async function startWithIssuer() {
  const served = await startWithLicense()
  const { streams, getStatus, post } = served
  const shenzhen = await createTestIssuer('shenzhen')

  const ask = (credential: string, changes: object = {}) =>
    post('/v1/verifications', {
      license: { credential },
      ...{ purpose: 'tendering', caseRef: 'SZ-2026-0117' },
      ...changes,
    })
  async function verify(credential: string, changes: object = {}): Promise<Answer> {
    const { code, body } = await ask(credential, changes)
    if (code !== 200) throw new Error(`verification answered ${code}: ${JSON.stringify(body)}`)
    return body
  }

  /** Publishes an event of a license, and waits until it is known. */
  async function publish(event: LicenseEvent, changes: Partial<LicenseData>): Promise<void> {
    const position = await streams.publish(licenseEvent(event, changes))
    const { code } = await getStatus('any', `?minPosition=${position}`)
    if (code !== 200) throw new Error(`position ${position} was not reached`)
  }

  /** A license of its own, and its credential. */
  async function issueLicense(changes: Changes = {}, by: TestIssuer = shenzhen) {
    licenses += 1
    const license = { ...numbered(licenses), ...changes.license }
    await publish('issued', license)
    return { license, credential: by.issue({ ...changes, license }) }
  }

  /** Enters authorities with their keys, and waits until they are known. */
  async function enter(...issuers: TestIssuer[]): Promise<void> {
    for (const issuer of issuers) {
      await streams.enter(issuer.authority())
      await streams.enter(issuer.keys())
    }
    for (const issuer of issuers)
      await waitFor(async () => codeOf(await verify(issuer.issue()), 'issuer') !== 'issuer-unknown')
  }

  await enter(shenzhen)
  return { ...served, shenzhen, ask, verify, publish, issueLicense, enter }
}
export type Served = Awaited<ReturnType<typeof startWithIssuer>>

export function codeOf({ checks }: Pick<Answer, 'checks'>, name: string): string | undefined {
  return checks.find(({ check }) => check === name)?.code
}

export const resultsOf = ({ checks }: Pick<Answer, 'checks'>) =>
  checks.map(({ check, result, code }) => `${check}: ${result}, ${code}`)
