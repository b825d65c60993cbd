import { describe, expect, it } from 'vitest'

import { createGroupCommit } from './index.ts'

describe('createGroupCommit', () => {
  it('writes what comes during a write with the next one, in order', async () => {
    const writes: number[][] = []
    let release = () => {}
    const commit = createGroupCommit<number>((items) => {
      writes.push([...items])
      return new Promise((resolve) => {
        release = resolve
      })
    })
    const first = [commit.add(1), commit.add(2)]
    await new Promise((resolve) => setImmediate(resolve))
    const second = [commit.add(3), commit.add(4), commit.add(5)]
    expect(writes).toEqual([[1, 2]])
    release()
    await Promise.all(first)
    await new Promise((resolve) => setImmediate(resolve))
    expect(writes).toEqual([
      [1, 2],
      [3, 4, 5],
    ])
    release()
    await Promise.all(second)
  })

  it('waits with the next write until as many are there again as were under way', async () => {
    const writes: number[][] = []
    const commit = createGroupCommit<number>(async (items) => void writes.push([...items]), 60_000)
    await Promise.all([1, 2, 3, 4].map(commit.add))
    const next = [5, 6, 7].map(commit.add)
    await new Promise((resolve) => setImmediate(resolve))
    expect(writes).toEqual([[1, 2, 3, 4]])
    await Promise.all([...next, commit.add(8)])
    expect(writes).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
  })

  it('takes all that came in one turn into a write that follows another at once', async () => {
    const writes: number[][] = []
    const commit = createGroupCommit<number>(async (items) => void writes.push([...items]), 60_000)
    await commit.add(1)
    const inThisTurn = [2, 3].map(
      (item) => new Promise<void>((resolve) => setImmediate(() => resolve(commit.add(item)))),
    )
    await Promise.all(inThisTurn)
    expect(writes).toEqual([[1], [2, 3]])
  })

  it('waits for them no longer than it was told to', async () => {
    const commit = createGroupCommit<number>(async () => {}, 5)
    await Promise.all([1, 2, 3, 4].map(commit.add))
    await commit.add(5)
    await commit.settled()
  })

  it('tells all of a write that failed, and goes on', async () => {
    let failing = true
    const commit = createGroupCommit<number>(async () => {
      if (failing) throw new Error('disk full')
    })
    const results = await Promise.allSettled([commit.add(1), commit.add(2)])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    failing = false
    await commit.add(3)
    await commit.settled()
  })
})
