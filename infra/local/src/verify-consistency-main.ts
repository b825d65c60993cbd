import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { readClients } from './api-caller.ts'
import { verifyConsistency } from './verify-consistency.ts'

const SHOWN = 50

/** npm run verify-consistency: docs/operations.md. Exit code 1 is a difference, 2 that it could not look. */
const home = process.env.LEXCHANGE_HOME ?? '.lexchange/local'
const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: process.env.CLIENTS_FILE ?? join(home, 'clients.json') },
    settle: { type: 'string', default: '10' },
  },
})
try {
  const { licenses, versions, differences } = await verifyConsistency(
    await readClients(values.clients),
    { settleSeconds: Number(values.settle) },
  )
  for (const { type, number, licenseId, detail } of differences.slice(0, SHOWN))
    console.log(`${type} ${number} (${licenseId}): ${detail}`)
  if (differences.length > SHOWN) console.log(`… and ${differences.length - SHOWN} more`)
  console.log(
    `issuer, registry and verification: ${licenses} licenses, ${versions} versions, ` +
      (differences.length === 0 ? 'no difference' : `${differences.length} differences`),
  )
  process.exitCode = differences.length === 0 ? 0 : 1
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const away = code === 'ENOENT' || message === 'fetch failed'
  const reason = away ? `nothing runs by ${values.clients}; "npm start" first` : message
  console.error(`Could not compare: ${reason}`)
  process.exitCode = 2
}
