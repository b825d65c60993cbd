import type { RateLimitOptions } from './rate-limits.ts'

/** What stands between a service and those who call it. */
export type Protection = {
  rates: RateLimitOptions
  /** PEM; without it the server speaks plain HTTP. */
  tls?: { cert: string; key: string; ca?: string }
  /** Header in which a trusted proxy hands on the client's certificate (RFC 9440); none where empty. */
  certificateHeader: string
}

/** The settings that `serviceSettings` has for it. */
export type ProtectionSettings = {
  RATE_LIMIT_PER_SECOND: number
  RATE_LIMIT_BURST: number
  RATE_LIMIT_PER_ADDRESS: number
  TLS_CERT: string
  TLS_KEY: string
  TLS_CLIENT_CA: string
  CLIENT_CERT_HEADER: string
}

/** What the settings say where none is set. */
export const DEFAULT_PROTECTION: Protection = {
  rates: {
    clients: { perSecond: 50_000, burst: 50_000 },
    strangers: { perSecond: 2_000, burst: 2_000 },
  },
  certificateHeader: '',
}

/** @throws where a certificate stands without its key, or client certificates without TLS. */
export function protectionOf(settings: ProtectionSettings): Protection {
  const { TLS_CERT: cert, TLS_KEY: key, TLS_CLIENT_CA: ca } = settings
  if ((cert === '') !== (key === '') || (ca !== '' && cert === ''))
    throw new Error('TLS_CERT and TLS_KEY go together, and TLS_CLIENT_CA needs both')
  const perAddress = settings.RATE_LIMIT_PER_ADDRESS
  return {
    rates: {
      clients: { perSecond: settings.RATE_LIMIT_PER_SECOND, burst: settings.RATE_LIMIT_BURST },
      strangers: { perSecond: perAddress, burst: perAddress },
    },
    ...(cert !== '' && { tls: { cert, key, ...(ca !== '' && { ca }) } }),
    certificateHeader: settings.CLIENT_CERT_HEADER,
  }
}

/** Options of node:https. Client certificates are asked for, and demanded only by tokens bound to them. */
export function httpsOptionsOf({ tls }: Protection): object | undefined {
  if (!tls) return undefined
  return {
    ...tls,
    minVersion: 'TLSv1.2',
    ...(tls.ca !== undefined && { requestCert: true, rejectUnauthorized: false }),
  }
}
