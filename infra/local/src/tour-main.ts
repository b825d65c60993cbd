import { join } from 'node:path'

import { runTour } from './tour.ts'

/** npm run tour: against the local default, or against what CLIENTS_FILE describes. */
const home = process.env.LEXCHANGE_HOME ?? '.lexchange/local'
const clientsFile = process.env.CLIENTS_FILE ?? join(home, 'clients.json')
try {
  await runTour({ clientsFile, log: (line) => console.log(line) })
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  console.error(
    code === 'ENOENT' ? `No ${clientsFile}: run "npm start" first.` : `The tour failed: ${message}`,
  )
  process.exitCode = 1
}
