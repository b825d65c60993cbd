import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/** Reads the certificate that a client has shown; undefined where there is none that can be trusted. */
export type CertificateReader = (request: IncomingMessage) => X509Certificate | undefined

/**
 * From the connection, where this process speaks TLS; from a header (RFC 9440) only where a setting names
 * it, because without a proxy that sets it anybody could.
 */
export function createCertificateReader(header: string): CertificateReader {
  const bySocket = new WeakMap<object, X509Certificate>()
  const name = header.toLowerCase()
  return (request) => {
    if (name !== '') return fromHeader(request.headers[name])
    const { socket } = request
    // Node.js compares it with TLS_CLIENT_CA; any other certificate counts as none.
    if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
    const known = bySocket.get(socket)
    if (known) return known
    const { raw } = socket.getPeerCertificate()
    if (!raw) return undefined
    const certificate = new X509Certificate(raw)
    bySocket.set(socket, certificate)
    return certificate
  }
}

/** A byte sequence of RFC 8941: the DER in base64 between colons. */
function fromHeader(value: string | string[] | undefined): X509Certificate | undefined {
  const base64 = typeof value === 'string' ? /^:([\w+/]+={0,2}):$/.exec(value)?.[1] : undefined
  if (base64 === undefined) return undefined
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

/** `x5t#S256` of RFC 8705, 3.1. */
export function thumbprintOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
}
