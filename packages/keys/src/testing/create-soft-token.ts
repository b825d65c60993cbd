import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { SoftHsm } from './find-soft-hsm.ts'

const run = promisify(execFile)

export type SoftToken = {
  /** What createPkcs11KeyProvider takes. */
  readonly options: { library: string; tokenLabel: string; pin: string }
  /** For SOFTHSM2_CONF, before the library is initialised. */
  readonly configuration: string
  /** Takes the token out of its slot, as if the device were pulled. */
  takeAway(): Promise<void>
  bringBack(): Promise<void>
  remove(): Promise<void>
}

/** An empty token of its own in a temporary folder. */
export async function createSoftToken({ library, program }: SoftHsm): Promise<SoftToken> {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-token-'))
  const tokens = join(folder, 'tokens')
  const away = join(folder, 'away')
  const configuration = join(folder, 'softhsm2.conf')
  const options = { library, tokenLabel: 'lexchange-test', pin: 'pin-of-the-test' }
  await mkdir(tokens, { mode: 0o700 })
  const lines = [
    `directories.tokendir = ${tokens}`,
    'objectstore.backend = file',
    'log.level = ERROR',
  ]
  await writeFile(configuration, `${lines.join('\n')}\n`)
  // By env: what the tests run in has a SOFTHSM2_CONF of another token, or none.
  await run('env', [
    `SOFTHSM2_CONF=${configuration}`,
    program,
    ...['--module', library, '--init-token', '--free', '--label', options.tokenLabel],
    ...['--so-pin', 'so-pin-of-the-test', '--pin', options.pin],
  ])
  return {
    options,
    configuration,
    takeAway: () => rename(tokens, away),
    bringBack: () => rename(away, tokens),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
