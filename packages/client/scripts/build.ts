import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import { rolldown } from 'rolldown'

const PACKAGE = join(import.meta.dirname, '..')
const ROOT = join(PACKAGE, '../..')
/** Not asked of npm: packages of this repository, and what they or Node.js 20 would not get along with as it is. */
const BUNDLED = ['eventsource-parser']

type Manifest = Record<string, unknown> & { dependencies: Record<string, string> }

/** Makes the package as it is published: JavaScript, types, package.json. `npm pack` in that folder makes the tarball. */
async function buildClient(outDir = join(PACKAGE, 'dist')): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as Manifest
  const kept = Object.entries(manifest.dependencies).filter(([name]) => !BUNDLED.includes(name))
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  await bundle(
    outDir,
    kept.map(([name]) => name),
  )
  writeTypes(join(outDir, 'types'))
  const published = publishedManifest(manifest, kept)
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  copyFileSync(join(PACKAGE, 'README.md'), join(outDir, 'README.md'))
  copyFileSync(join(ROOT, 'LICENSE'), join(outDir, 'LICENSE'))
}

async function bundle(dir: string, external: string[]): Promise<void> {
  const bundled = await rolldown({
    input: {
      index: join(PACKAGE, 'src/index.ts'),
      lexchange: join(PACKAGE, 'src/lexchange-main.ts'),
    },
    platform: 'node',
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
    transform: { target: 'node20' },
  })
  await bundled.write({ dir, format: 'esm', chunkFileNames: '[name]-[hash].js' })
  await bundled.close()
}

/** Types of the client and of the packages that it is bundled with. */
function writeTypes(dir: string): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const project = join(PACKAGE, 'tsconfig.build.json')
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', dir], { stdio: 'inherit' })
  for (const file of filesIn(dir)) {
    const text = readFileSync(file, 'utf8')
      .replace(/(['"])@lexchange\/([a-z-]+)\1/g, (_, quote: string, name: string) => {
        const path = relative(dirname(file), join(dir, name, 'src/index.js'))
        return `${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`
      })
      .replace(/((?:from|import\()\s*['"]\.[^'"]*)\.ts(['"])/g, '$1.js$2')
    writeFileSync(file, text)
  }
}

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function publishedManifest(manifest: Manifest, dependencies: [string, string][]) {
  const { name, version, description, type, license, engines } = manifest
  return {
    name,
    version,
    description,
    type,
    license,
    engines,
    exports: { '.': { types: './types/client/src/index.d.ts', default: './index.js' } },
    bin: { lexchange: './lexchange.js' },
    sideEffects: false,
    dependencies: Object.fromEntries(dependencies.map(([each, exact]) => [each, `^${exact}`])),
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildClient(process.argv[2])
