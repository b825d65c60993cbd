import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import { readPage } from './read-page.ts'

const ROOT = join(import.meta.dirname, '../../..')
const OPTIONS =
  '--noEmit --strict --module nodenext --target es2024 --types node --allowImportingTsExtensions'

// Node.js strips types without looking at them.
it('recipes in TypeScript have types that hold', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lexchange-recipes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const page = readFileSync(join(ROOT, 'docs/recipes/typescript.md'), 'utf8')
  const files = readPage(page).filter((step) => step.kind === 'file')
  for (const { name, content } of files) writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const names = files.map(({ name }) => name)
  const { stdout, status } = spawnSync(process.execPath, [tsc, ...OPTIONS.split(' '), ...names], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
  expect(status).toBe(0)
  expect(names).toContain('verify.ts')
})
