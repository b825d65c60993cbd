import { createPkcs11KeyProvider, type KeyProvider } from '@lexchange/keys'
import { createSoftToken, findSoftHsm, type SoftToken } from '@lexchange/keys/testing'
import { waitFor } from '@lexchange/testing'
import { compactVerify, createLocalJWKSet } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { application } from '../../test/applications.ts'
import { keysOf, kidOf } from '../../test/keys.ts'
import { startIssuer, type TestIssuer } from '../../test/start-issuer.ts'
import { listsOf } from '../../test/status-lists.ts'

const softHsm = await findSoftHsm().catch((error: Error) => {
  console.warn(`Signing by a PKCS #11 token is not tested, for want of SoftHSM 2: ${error.message}`)
})

describe.skipIf(!softHsm)('an issuer whose keys a PKCS #11 token holds', () => {
  let token: SoftToken
  let provider: KeyProvider
  let issuer: TestIssuer

  beforeAll(async () => {
    if (!softHsm) return
    token = await createSoftToken(softHsm)
    process.env.SOFTHSM2_CONF = token.configuration
    provider = createPkcs11KeyProvider(token.options)
    issuer = await startIssuer({ provider })
  })
  afterAll(async () => {
    await issuer?.stop()
    await token?.remove()
  })

  it('issues, changes, publishes and rotates, all verified by what it publishes', async () => {
    const keys = keysOf(issuer)
    const lists = listsOf(issuer)
    const { id, listId } = await lists.issued()
    await lists.change(id, 'suspend')
    await issuer.post('/v1/keys/rotate')
    issuer.clock.offset = 301_000
    const { body } = await issuer.post('/v1/licenses', application())
    await lists.publish(listId)
    const first = (await issuer.get(`/v1/licenses/${id}/credential`)).text
    const jwks = createLocalJWKSet({ keys: (await keys.published()) as never })
    for (const jws of [first, body.credential, (await lists.fetch(listId)).text])
      await expect(compactVerify(jws.split('~')[0] ?? '', jwks)).resolves.toBeDefined()
    expect(kidOf(body.credential)).not.toBe(kidOf(first))
    expect(await keys.states()).toEqual(['signing', 'retired'])
  })

  it('says that it cannot sign while the token is pulled out, and completes the command then', async () => {
    const asked = application()
    const issue = () =>
      issuer.post('/v1/licenses', asked, { headers: { 'idempotency-key': 'token-away' } })
    await token.takeAway()
    try {
      expect((await issue()).body).toMatchObject({
        ...{ status: 503, type: 'urn:lexchange:problem:signing-unavailable' },
      })
    } finally {
      await token.bringBack()
    }
    // The provider opens its sessions anew, which takes a moment.
    await waitFor(async () => (await issue()).status === 201)
    expect((await issuer.countRows())?.intents).toBe('0')
  })
})
