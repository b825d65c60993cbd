/** A compact JWE (RFC 7516, 7.1) wherever in a text it stands: its header begins with `{"`. */
const COMPACT_JWE = String.raw`eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+`

/** The same for PostgreSQL. */
export const COMPACT_JWE_SQL = COMPACT_JWE.replaceAll(String.raw`[\w-]`, '[A-Za-z0-9_-]')

/** Ids that the protected headers of the JWEs in a text name as `lic`. */
export function licensesSealedIn(text: string): string[] {
  return [...text.matchAll(new RegExp(COMPACT_JWE, 'g'))].flatMap(([jwe]) => {
    try {
      const header = JSON.parse(Buffer.from(jwe.split('.')[0] ?? '', 'base64url').toString('utf8'))
      return UUID.test(header.lic) ? [String(header.lic).toLowerCase()] : []
    } catch {
      return []
    }
  })
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i
