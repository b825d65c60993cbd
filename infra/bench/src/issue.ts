import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { cpuTimeOf } from './cpu-time.ts'
import { startIssuer } from './issuer.ts'
import { type Load, type Side, served } from './load.ts'
import { onCore } from './on-core.ts'

const PERMIT = JSON.stringify({
  type: 'food-operation-permit',
  number: 'JY{{unique}}',
  holder: { kind: 'enterprise', uscc: '914403001922038216', name: '示例食品有限公司' },
  region: '440300',
  validFrom: '2026-01-01T00:00:00.000Z',
  validUntil: '2036-01-01T00:00:00.000Z',
  claims: {
    name: '示例食品有限公司',
    legalRepresentative: '示例',
    domicile: '示例路 1 号',
    premises: '示例路 1 号',
    businessForm: 'restaurant',
    businessItems: ['热食类食品制售'],
  },
})

/** Issuing over HTTP at 32 in flight, with credential, against one statement of 4 rows; both durable. */
export async function benchIssue(options: BenchOptions): Promise<BenchResult> {
  const issuer = await startIssuer()
  const floor = await startFloor(issuer.databaseUrl)
  try {
    const { url, pid, authorization } = issuer
    const target = { url, pid, paths: ['/v1/licenses'], headers: { authorization }, body: PERMIT }
    return await compare(
      {
        name: 'issue',
        ours: served({ name: 'POST /v1/licenses', ...target }),
        reference: floor,
        budget: 0.6,
        beyond: 1,
      },
      options,
    )
  } finally {
    await floor.stop()
    await issuer.stop()
  }
}

async function startFloor(databaseUrl: string): Promise<Side & { stop(): Promise<void> }> {
  const file = fileURLToPath(new URL('issue-floor-main.ts', import.meta.url))
  const child = fork(file, [], {
    ...onCore('server'),
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl },
  })
  await once(child, 'message')
  return {
    name: 'one prepared statement of 4 rows',
    async measure({ seconds }) {
      const before = cpuTimeOf(child.pid ?? 0)
      child.send(seconds)
      const [load] = (await once(child, 'message')) as [Omit<Load, 'cpu'>]
      return { ...load, cpu: (cpuTimeOf(child.pid ?? 0) - before) / load.answers }
    },
    async stop() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
