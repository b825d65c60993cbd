import { readFileSync } from 'node:fs'

import type { PrivateJwk, PrivateKey } from './sign-assertion.ts'

/** Base URLs. Only those that are used need be there. */
export type Services = {
  readonly registry: string
  readonly verification: string
  readonly issuer?: string
  readonly oversight?: string
}

export type ClientOptions = {
  /** Where tokens are asked for: `token_endpoint` of the authorization server. */
  readonly tokenEndpoint: string
  /** `issuer` of the authorization server, the audience of assertions. */
  readonly issuer: string
  readonly services: Services
  readonly clientId: string
  /** The private key as JWK, or `privateKey`. */
  readonly privateKeyJwk?: PrivateJwk
  /** The private key as PKCS #8 PEM or KeyObject: EC on P-256, or Ed25519. */
  readonly privateKey?: PrivateKey
  /** What is asked for; granted is what of it the client is allowed. */
  readonly scopes?: readonly string[]
  /** Most milliseconds that one attempt may take; 30,000. */
  readonly timeoutMs?: number
  /** How often a request is sent again that may be; 4. */
  readonly retries?: number
}

type ClientsFile = {
  tokenEndpoint: string
  issuer: string
  services: Services
  clients: { clientId: string; scopes: string[]; privateKeyJwk: PrivateJwk }[]
}

/** Options from a file such as the `clients.json` of the local default. */
export function fromFile(file: string, clientId: string): ClientOptions {
  const { tokenEndpoint, issuer, services, clients } = readClientsFile(file)
  const client = clients.find((each) => each.clientId === clientId)
  if (!client) {
    const known = clients.map((each) => each.clientId).join(', ')
    throw new Error(`${file} has no client ${clientId}; it has ${known}`)
  }
  const { scopes, privateKeyJwk } = client
  return { tokenEndpoint, issuer, services, clientId, scopes, privateKeyJwk }
}

function readClientsFile(file: string): ClientsFile {
  let content: ClientsFile
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as ClientsFile
  } catch (error) {
    // The text of a JSON error shows a piece of the file, and that may be of a key.
    const why = error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message
    throw new Error(`${file} cannot be read: ${why}`)
  }
  if (!content.tokenEndpoint || !content.services || !Array.isArray(content.clients))
    throw new Error(`${file} is no file of clients: tokenEndpoint, services, clients are wanted`)
  return content
}
