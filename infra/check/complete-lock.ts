import { readFileSync, writeFileSync } from 'node:fs'

type Entry = {
  version?: string
  license?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const OS = {
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  openharmony: 'openharmony',
  win: 'win32',
}
const CPU = {
  arm64: 'arm64',
  x64: 'x64',
  ia32: 'ia32',
  riscv64: 'riscv64',
  s390x: 's390x',
  ppc64: 'ppc64',
  arm: 'arm',
  '64': 'x64',
}

/**
 * Run after `npm install` where the registry lacks packages of other platforms: npm leaves them out
 * of the lock file then, and `npm ci` refuses such a lock everywhere.
 */
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Entry>
}
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (`${path}/node_modules/${name}` in lock.packages) continue
    const key = `node_modules/${name}`
    if (!(key in lock.packages)) lock.packages[key] = platformEntry(name, version, entry)
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(sorted)
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)

function platformEntry(name: string, version: string, parent: Entry): Entry {
  const platform = name.slice(name.lastIndexOf('/') + 1)
  const os = wordIn(platform, OS)
  const cpu = wordIn(platform, CPU)
  return {
    version,
    ...(cpu && { cpu: [cpu] }),
    ...(parent.dev && { dev: true }),
    ...(platform.includes('musl') && { libc: ['musl'] }),
    ...(parent.license && { license: parent.license }),
    optional: true,
    ...(os && { os: [os] }),
  }
}

function wordIn(platform: string, words: Record<string, string>): string | undefined {
  return Object.entries(words).find(([word]) => platform.includes(word))?.[1]
}
