import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

type Operation = {
  operationId: string
  parameters?: { name: string }[]
  responses: Record<string, unknown>
}

const file = join(import.meta.dirname, '../../docs/openapi.json')
const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>
}

it('each command says what a key that is in use, or was used for another one, gets', () => {
  const operations = Object.values(paths).flatMap((path) => Object.values(path))
  const commands = operations.filter(({ parameters = [] }) =>
    parameters.some(({ name }) => name.toLowerCase() === 'idempotency-key'),
  )
  expect(commands.length).toBeGreaterThan(30)
  const silent = commands.filter(({ responses }) => !('409' in responses && '422' in responses))
  expect(silent.map(({ operationId }) => operationId)).toEqual([])
})
