import { findChainFault } from '@lexchange/access-records'
import { waitFor } from '@lexchange/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { license } from '../../test/license-events.ts'
import { chainsOf, recordsIn } from '../../test/recorded.ts'
import { startVerificationProcesses } from '../../test/verification-processes.ts'

/** `KILLS=100 npx vitest run killed-writer` is the whole proof. */
const KILLS = Number(process.env.KILLS ?? 5)
const CLIENTS = 8
/** Answers between two kills, at least. */
const ANSWERS = 20
const PATIENCE = { timeout: 180_000 }

let verification: Awaited<ReturnType<typeof startVerificationProcesses>>

beforeAll(async () => {
  verification = await startVerificationProcesses()
})

afterAll(async () => {
  await verification.stop('SIGTERM')
  await verification.remove()
})

/** Asks without a pause, and keeps what each answer is known by in its record. */
function keepAsking() {
  const answered: string[] = []
  let asked = 0
  let stopped = false
  const headers = () => ({
    authorization: verification.authorization,
    'content-type': 'application/json',
    connection: 'close',
  })

  async function askStatus(): Promise<string> {
    const number = `killed-${++asked}`
    const url = `${verification.url}/v1/licenses/business-license/${number}/status`
    const response = await fetch(url, { headers: headers() })
    const body = (await response.json()) as { number: string }
    if (!response.ok) throw new Error(`answered ${response.status}`)
    return body.number
  }

  async function verify(): Promise<string> {
    const { type, number } = license
    const response = await fetch(`${verification.url}/v1/verifications`, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({
        license: { type, number },
        ...{
          purpose: 'tendering',
          caseRef: 'KILL-1',
          match: { name: 'x' },
          disclose: ['domicile'],
        },
      }),
    })
    const body = (await response.json()) as { verificationId: string }
    if (!response.ok) throw new Error(`answered ${response.status}`)
    return body.verificationId
  }

  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    while (!stopped)
      try {
        answered.push(await (client % 2 === 0 ? askStatus() : verify()))
      } catch {
        // Nobody answered, so nothing was disclosed; a short pause while nobody listens.
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
  })
  return {
    answered,
    async stop() {
      stopped = true
      await Promise.all(clients)
    },
  }
}

it(`records every answer exactly once, whichever process is killed: ${KILLS} times`, {
  timeout: 300_000 + KILLS * 30_000,
}, async () => {
  const asking = keepAsking()
  for (let kill = 0; kill < KILLS; kill++) {
    if (process.env.KILLS) process.stderr.write(`${kill} ${asking.answered.length}\n`)
    const before = asking.answered.length
    await waitFor(() => asking.answered.length >= before + ANSWERS, PATIENCE)
    const victim = verification.workers()[kill % 2]
    if (kill % 4 > 0 && victim !== undefined) process.kill(victim, 'SIGKILL')
    else {
      await verification.stop('SIGKILL')
      // At once, so that workers of before may still write.
      verification.start()
    }
  }
  const before = asking.answered.length
  await waitFor(() => asking.answered.length >= before + ANSWERS, PATIENCE)
  await asking.stop()
  expect(new Set(asking.answered).size).toBe(asking.answered.length)

  const placesOf = async () => {
    const chains = chainsOf(await recordsIn(verification.nats.servers))
    const records = [...chains.values()].flat()
    const byAnswer = Map.groupBy(
      records,
      (record) => record.verificationId ?? record.license.number,
    )
    return { chains, missing: asking.answered.filter((id) => byAnswer.get(id)?.length !== 1) }
  }
  await waitFor(async () => (await placesOf()).missing.length === 0, PATIENCE).catch(() => {})
  const { chains, missing } = await placesOf()
  expect(missing).toEqual([])
  for (const [source, chain] of chains) expect(findChainFault(chain), source).toBeUndefined()
  process.stderr.write(
    `${asking.answered.length} answers, ${[...chains.values()].flat().length} records, ${KILLS} kills\n`,
  )
})
