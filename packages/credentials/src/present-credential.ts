import { CredentialError } from './credential.errors.ts'
import { CREDENTIAL_TYP } from './credential-draft.ts'
import { DISCLOSURE_RULES } from './credential-read.ts'
import { parseDisclosure } from './disclosure.ts'
import { parseJws } from './jws.ts'
import { type PlacedDisclosure, placeDisclosures } from './place-disclosures.ts'
import { splitSdJwt } from './sd-jwt.ts'

/**
 * The credential with only the chosen disclosures, and those that they lie in.
 * @param names as in `VerifiedCredential.disclosed`: `contactPhone`, `holder.idNumber`.
 * @throws CredentialError `disclosure-unknown` for a name that it does not have or has twice, and the
 *   failures of `readCredential`
 */
export function presentCredential(compact: string, names: readonly string[]): string {
  const parts = splitSdJwt(compact)
  const jws = parseJws(parts.jwt, { typ: CREDENTIAL_TYP, malformed: 'credential-malformed' })
  const disclosed = placeDisclosures(
    jws.payload,
    parts.disclosures.map(parseDisclosure),
    DISCLOSURE_RULES,
  )
  const chosen = new Set<string>()
  for (const name of names) {
    let placed: PlacedDisclosure | undefined = findByName(disclosed, name)
    for (; placed; placed = placed.parent) chosen.add(placed.disclosure.encoded)
  }
  return `${[parts.jwt, ...parts.disclosures.filter((each) => chosen.has(each))].join('~')}~`
}

// Two claims of one name would show more than the holder meant.
function findByName(disclosed: readonly PlacedDisclosure[], name: string): PlacedDisclosure {
  const [found, another] = disclosed.filter(({ path }) => path === name)
  if (found === undefined || another !== undefined) {
    throw new CredentialError('disclosure-unknown', 'The credential has no such disclosure')
  }
  return found
}
