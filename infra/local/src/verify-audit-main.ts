import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

import { readClients } from './api-caller.ts'
import { secretsOf } from './first-files.ts'
import { databaseEnv } from './local-services.ts'
import { homeAt, ROOT } from './paths.ts'
import { portsFrom } from './ports.ts'

/** npm run verify-audit: docs/oversight.md. Exit code 1: something was removed or changed; 2: it could not look. */
const CLIENT = 'administrator-1'

try {
  const home = homeAt()
  const { services, clients, issuer } = await readClients(home.clients)
  const key = clients.find(({ clientId }) => clientId === CLIENT)?.privateKeyJwk
  const ports = portsFrom(Number(new URL(services.issuer).port) - 1)
  const { status } = spawnSync(
    process.execPath,
    [join(ROOT, 'services/oversight/src/verify-audit-main.ts')],
    {
      stdio: 'inherit',
      env: {
        ...databaseEnv('oversight', { ports, secrets: secretsOf(home) }),
        TOKEN_ISSUER: issuer,
        REGISTRY_URL: services.registry,
        CLIENT_ID: CLIENT,
        CLIENT_KEY: JSON.stringify(key),
      },
    },
  )
  process.exitCode = status ?? 2
} catch (error) {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
  console.error(
    `Could not look: ${missing ? 'nothing runs here; "npm start" first' : (error as Error).message}`,
  )
  process.exitCode = 2
}
