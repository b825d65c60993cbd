import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { format, generatedFiles } from './generated-files.ts'

/**
 * npm run generate: writes the files that are made from code. With --check writes nothing, names those
 * that differ, and ends with 1 if there are any.
 */
const check = process.argv.includes('--check')
const differing: string[] = []
for (const [file, content] of await generatedFiles()) {
  const path = join(process.cwd(), file)
  const wanted = format(content)
  if (existsSync(path) && readFileSync(path, 'utf8') === wanted) continue
  differing.push(file)
  if (!check) writeFileSync(path, wanted)
}
for (const file of differing) console.log(`${check ? 'differs' : 'wrote'} ${file}`)
if (check && differing.length > 0) console.log('run: npm run generate')
// Services were built without their databases, and go on looking for them.
process.exit(check && differing.length > 0 ? 1 : 0)
