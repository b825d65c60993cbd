import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'

import { createAppend } from './create-append.ts'

it('has another thread write for a while when the disk is slow, and then tries again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lexchange-append-'))
  const handle = await open(join(folder, 'segment'), 'w')
  let time = 0
  let each = 1
  const append = createAppend(() => {
    time += each
    return time
  })
  let size = 0
  const inThisThread = async () => {
    const waiting = append(handle, Buffer.from('record\n'), size)
    size += 7
    await waiting
    return waiting === undefined
  }
  try {
    expect([await inThisThread(), await inThisThread()]).toEqual([true, true])
    each = 5
    expect(await inThisThread()).toBe(true)
    each = 1
    let others = 0
    while (!(await inThisThread())) others++
    expect(others).toBe(20)
    expect(await inThisThread()).toBe(true)
    expect(await readFile(join(folder, 'segment'), 'utf8')).toBe('record\n'.repeat(size / 7))
  } finally {
    await handle.close()
    await rm(folder, { recursive: true })
  }
})
