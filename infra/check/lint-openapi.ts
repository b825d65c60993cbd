import { existsSync } from 'node:fs'

import { createConfig, lint } from '@redocly/openapi-core'

/** It is there to answer with problems, whatever is asked. */
const WITHOUT_SUCCESS =
  '~1v1~1sandbox~1problems~1{code}/post/responses: Operation must have at least one `2XX`'

/** Faults of each service's openapi.json, and of the bundle, by Redocly's rules; in-process, so that nothing is fetched or sent. */
export async function openApiFaults(): Promise<string[]> {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'operation-summary': 'error',
      'operation-operationId': 'error',
      // The local default is the only server that every reader can reach.
      'no-server-example.com': 'off',
      // A health check or a key set can only succeed.
      'operation-4xx-response': 'off',
      'no-unused-components': 'error',
      'no-invalid-media-type-examples': 'error',
      'no-invalid-schema-examples': 'error',
    },
  })
  const services = ['issuer', 'registry', 'verification', 'oversight']
  const files = [...services.map((name) => `services/${name}/openapi.json`), 'docs/openapi.json']
  const faults = await Promise.all(files.map((file) => faultsOf(file, config)))
  return faults.flat()
}

async function faultsOf(file: string, config: Awaited<ReturnType<typeof createConfig>>) {
  if (!existsSync(file)) return [`${file} is missing: npm run generate`]
  const problems = await lint({ ref: file, config })
  return problems
    .map(
      ({ ruleId, message, location }) =>
        `${file}${location[0]?.pointer ?? ''}: ${message} (${ruleId})`,
    )
    .filter((fault) => !fault.includes(WITHOUT_SUCCESS))
}
