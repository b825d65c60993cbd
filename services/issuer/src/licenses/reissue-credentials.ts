import type { Kysely } from 'kysely'

import { recordAudit } from '../audit/index.ts'
import { listWithoutTrustedCredential, replaceCredential } from './credential.repository.ts'
import { CredentialTooLargeError } from './license.errors.ts'
import { lockLicenseById, saveDataKey, saveStatusEntry } from './license.repository.ts'
import type { LicenseTables } from './license.tables.ts'
import { asChecked } from './license.ts'
import { openLicense } from './open-license.ts'
import { sealIntent } from './sealed-intent.ts'
import {
  draftIntent,
  type SigningAuthority,
  type SigningDeps,
  signIntents,
} from './sign-intents.ts'
import {
  findIntentOfLicense,
  releaseIntents,
  saveIntents,
  takeIntents,
} from './signing-intent.repository.ts'
import type { SigningIntent } from './signing-intent.ts'

export type ReissueDeps = SigningDeps & {
  db: Kysely<LicenseTables>
  /** The authority as the directory has it; undefined of one that this issuer does not sign for. */
  findAuthority: (id: string) => SigningAuthority | undefined
}

const BATCH = 100

/**
 * Makes credentials again that are no longer trusted, and those of licenses from before there were any. It
 * goes on where it was when it is called again. docs/flows/reissue-credentials.md
 * @returns how many were made.
 */
export async function reissueCredentials(deps: ReissueDeps, limit = BATCH): Promise<number> {
  let after: string | undefined
  for (;;) {
    const due = await listWithoutTrustedCredential(deps.db, { after, limit })
    let made = 0
    for (const { id, authorityId } of due) {
      const authority = deps.findAuthority(authorityId)
      if (authority && (await reissueIfItFits(deps, id, authority))) made++
    }
    // A page of which none could be made must not hide those behind it.
    if (made > 0 || due.length < limit) return made
    after = due.at(-1)?.id
  }
}

/** One whose claims fit into no credential holds up no other. */
async function reissueIfItFits(deps: ReissueDeps, id: string, authority: SigningAuthority) {
  try {
    return await reissue(deps, id, authority)
  } catch (error) {
    if (error instanceof CredentialTooLargeError) return false
    throw error
  }
}

async function reissue(deps: ReissueDeps, id: string, authority: SigningAuthority) {
  const kid = await deps.keyring.signerOf(authority)
  const intent = await deps.db.transaction().execute(async (trx) => {
    const stored = await lockLicenseById(trx, id)
    // A command that is under way makes a new credential itself.
    if (!stored || (await findIntentOfLicense(trx, id))?.claimed) return undefined
    const license = await openLicense(deps.sealing.keys, stored)
    const [taken] = license.statusEntry ? [] : await deps.entries.take(authority.id, 1)
    const statusEntry = license.statusEntry ?? taken ?? null
    // Its rules were asked when it was stored.
    const checked = asChecked({ ...license, statusEntry })
    const drafted = await sealIntent(
      deps.sealing.keys,
      draftIntent(deps, { license: checked, change: null, kid }),
    )
    await saveIntents(trx, [drafted])
    return drafted
  })
  if (!intent) return false
  const [signing] = await signIntents(deps, [intent])
  if (!signing?.signed) throw signing?.error
  return store(deps, intent, signing.signed)
}

async function store(
  deps: ReissueDeps,
  intent: SigningIntent,
  signed: Parameters<typeof replaceCredential>[1],
): Promise<boolean> {
  const { id, authority, state } = signed.license
  const at = deps.now()
  try {
    return await deps.db.transaction().execute(async (trx) => {
      const present = await lockLicenseById(trx, id)
      if (!(await takeIntents(trx, [intent.id])).has(intent.id)) return false
      if (present?.state.version !== state.version) return false
      if (!present.statusEntry) await saveStatusEntry(trx, signed.license)
      await saveDataKey(trx, signed.license)
      await replaceCredential(trx, signed, at)
      const action = 'credential.reissued'
      const detail = { version: state.version, kid: signed.kid }
      const [authorityId, by] = [authority.id, 'issuer']
      await recordAudit(trx, { at, action, subject: id, authorityId, by, detail })
      return true
    })
  } catch (error) {
    await releaseIntents(deps.db, [intent.id]).catch(() => {})
    throw error
  }
}
