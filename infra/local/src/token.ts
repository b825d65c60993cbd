import { createTokenClient } from '@lexchange/auth'

import { readClients } from './api-caller.ts'
import { homeAt } from './paths.ts'

/** npm run -s token -- CLIENT [SCOPE …]: prints an access token, and nothing else. */
const [clientId, ...scopes] = process.argv.slice(2)
const file = process.env.CLIENTS_FILE || homeAt().clients
try {
  const clients = await readClients(file)
  const client = clients.clients.find((each) => each.clientId === clientId)
  if (!client) {
    const known = clients.clients.map((each) => each.clientId).join(', ')
    throw new Error(`usage: npm run -s token -- CLIENT [SCOPE …], where CLIENT is one of ${known}`)
  }
  const token = createTokenClient({
    tokenEndpoint: clients.tokenEndpoint,
    issuer: clients.issuer,
    clientId: client.clientId,
    privateKey: client.privateKeyJwk,
    scopes: scopes.length > 0 ? scopes : client.scopes,
  })
  console.log(await token())
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const away = message === 'fetch failed' || code === 'ENOENT'
  console.error(away ? `Nothing runs by ${file}: "npm start" first.` : message)
  process.exitCode = 1
}
