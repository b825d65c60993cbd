import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { readClients } from './api-caller.ts'
import { rotateClaimKeys } from './claim-key-commands.ts'
import { compromiseKey, listKeys, rotateKey } from './key-commands.ts'
import { checkReceipt, rotateReceiptKeys } from './receipt-commands.ts'

/** npm run lexchange -- COMMAND: docs/operations.md. Exit code 1: it does not hold; 2: it could not be done. */
const USAGE = `npm run lexchange -- COMMAND

  receipt verify FILE [--keys JWKS_FILE] [--request REQUEST_JSON]   does a receipt hold? asks nobody
  receipt-keys rotate FILE                                          a new key signs receipts, after a restart
  claim-keys rotate FILE                                            a new key wraps the data keys of claims, at once
  keys list --client CLIENT                                         an authority's signing keys
  keys rotate --client CLIENT                                       a new key signs, after the overlap
  keys compromise KID --since TIME --reason TEXT --client CLIENT    distrust a key, follow the re-issuing
`

const home = process.env.LEXCHANGE_HOME || '.lexchange/local'
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keys: { type: 'string', default: join(home, 'keys/receipts.jwks') },
    request: { type: 'string' },
    client: { type: 'string' },
    since: { type: 'string' },
    reason: { type: 'string' },
    clients: { type: 'string', default: process.env.CLIENTS_FILE ?? join(home, 'clients.json') },
  },
})
const [subject, verb, argument] = positionals
const command = `${subject ?? ''} ${verb ?? ''}`.trim()

const clients = async () => ({ file: await readClients(values.clients), id: required('client') })

const COMMANDS: Record<string, () => Promise<number>> = {
  'receipt verify': async () =>
    checkReceipt({
      receipt: readFileSync(named('FILE'), 'utf8').trim(),
      jwks: JSON.parse(readFileSync(values.keys, 'utf8')),
      request: values.request ? JSON.parse(readFileSync(values.request, 'utf8')) : undefined,
    }),
  'receipt-keys rotate': () => rotateReceiptKeys(named('FILE')),
  'claim-keys rotate': () => rotateClaimKeys(named('FILE')),
  'keys list': async () => listKeys(await clients()),
  'keys rotate': async () => rotateKey(await clients()),
  'keys compromise': async () =>
    compromiseKey(await clients(), {
      kid: named('KID'),
      since: required('since'),
      reason: required('reason'),
    }),
}

function named(what: string): string {
  if (argument === undefined) throw new Error(`${command} takes ${what}\n\n${USAGE}`)
  return argument
}

function required(name: 'client' | 'since' | 'reason'): string {
  const value = values[name]
  if (value === undefined) throw new Error(`${command} needs --${name}\n\n${USAGE}`)
  return value
}

try {
  const run = COMMANDS[command]
  if (!run) throw new Error(command === '' ? USAGE : `No command is called ${command}\n\n${USAGE}`)
  process.exitCode = await run()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
