import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose'

export type TestClient = {
  clientId: string
  kind: 'authority' | 'department' | 'administrator' | 'service' | 'holder'
  authorityId?: string
  departmentId?: string
  holderUscc?: string
  scopes: readonly string[]
}

type TokenOptions = {
  expiresIn?: string
  /** Thumbprint of the key that its holder has to prove (RFC 9449). */
  jkt?: string
}

export type TestTokens = {
  issuer: string
  jwks: JSONWebKeySet
  /** An `authorization` header with an access token as the registry would give it (RFC 9068). */
  headerFor(client: TestClient, options?: TokenOptions): Promise<string>
}

/** A token issuer with an ES256 key of its own, for services that only check tokens. */
export async function createTestTokens(issuer = 'http://127.0.0.1:7002'): Promise<TestTokens> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const key = { ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }
  return {
    issuer,
    jwks: { keys: [key] },
    async headerFor(client, { expiresIn = '10m', jkt } = {}) {
      const token = await new SignJWT({
        client_id: client.clientId,
        kind: client.kind,
        scope: client.scopes.join(' '),
        ...(client.authorityId && { authority_id: client.authorityId }),
        ...(client.departmentId && { department_id: client.departmentId }),
        ...(client.holderUscc && { holder_uscc: client.holderUscc }),
        ...(jkt && { cnf: { jkt } }),
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('urn:lexchange:api')
        .setSubject(client.clientId)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime(expiresIn)
        .sign(privateKey)
      return `${jkt ? 'DPoP' : 'Bearer'} ${token}`
    },
  }
}
