import { describe, expect, it } from 'vitest'

import { SessionsEndedError } from './cryptoki.errors.ts'
import { createSessionPool } from './session-pool.ts'

const patient = new AbortController().signal

/** Work that ends when it is told to. */
function heldWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  return { work: () => promise, finish: resolve, fail: reject }
}

describe('createSessionPool', () => {
  it('gives a session to one at a time, in the order they came', async () => {
    const pool = createSessionPool([1n, 2n])
    const atWork = new Set<bigint>()
    const order: number[] = []
    const use = (caller: number) =>
      pool.use(patient, async (session) => {
        expect(atWork.has(session)).toBe(false)
        atWork.add(session)
        order.push(caller)
        await new Promise((resolve) => setImmediate(resolve))
        atWork.delete(session)
      })
    const callers = Array.from({ length: 20 }, (_, caller) => caller)
    await Promise.all(callers.map(use))
    expect(order).toEqual(callers)
  })

  it('takes a session back when the work fails', async () => {
    const pool = createSessionPool([1n])
    const failing = pool.use(patient, () => Promise.reject(new Error('work failed')))
    await expect(failing).rejects.toThrow('work failed')
    expect(await pool.use(patient, async (session) => session)).toBe(1n)
  })

  it('sends away who gave up waiting, and nobody else', async () => {
    const pool = createSessionPool([1n])
    const held = heldWork()
    const first = pool.use(patient, held.work)
    const abort = new AbortController()
    const impatient = pool.use(abort.signal, async () => 'must not be done')
    const next = pool.use(patient, async () => 'done')
    abort.abort(new Error('too late'))
    await expect(impatient).rejects.toThrow('too late')
    held.finish('held')
    expect(await Promise.all([first, next])).toEqual(['held', 'done'])
    await expect(pool.use(abort.signal, async () => 'must not be done')).rejects.toThrow('too late')
  })

  it('ends when no session is at work any more', async () => {
    const pool = createSessionPool([1n, 2n])
    const held = heldWork()
    const first = pool.use(patient, held.work)
    const second = pool.use(patient, held.work)
    const waiting = pool.use(patient, async () => 'must not be done')
    let ended = false
    const ending = pool.end().then(() => {
      ended = true
    })
    await expect(waiting).rejects.toThrow(SessionsEndedError)
    await expect(pool.use(patient, async () => 'no')).rejects.toThrow(SessionsEndedError)
    expect(ended).toBe(false)
    held.finish('held')
    await Promise.all([first, second, ending])
    expect(ended).toBe(true)
  })
})
