import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

import { type ClientOptions, fromFile } from '../client-options.ts'
import { UsageError } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Who is logged in. Keys stay in the file of clients. */
type Profile = { clients: string; client: string }
type Profiles = { current: string; profiles: Record<string, Profile> }

export type Who = { profile?: string; clients?: string; client?: string }

type Env = Terminal['env']

/** Settings and states of this command; LEXCHANGE_CONFIG moves them. */
export function configFolder(env: Env): string {
  if (env.LEXCHANGE_CONFIG) return env.LEXCHANGE_CONFIG
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'lexchange')
}

/** Options of the client that is named, else of the one that is logged in. */
export function findOptions(env: Env, who: Who): ClientOptions & { profile: string } {
  const { clients, client } = who.clients && who.client ? (who as Profile) : chosen(env, who)
  return { ...optionsOf(clients, client), profile: `${client}` }
}

function chosen(env: Env, who: Who): Profile {
  if (who.clients || who.client) throw new UsageError('--clients FILE and --client ID go together')
  const { current, profiles } = readProfiles(env)
  const name = who.profile ?? current
  const found = profiles[name]
  if (found) return found
  const why = name === '' ? 'Nobody is logged in' : `There is no profile ${name}`
  throw new UsageError(`${why}: lexchange login CLIENTS_FILE CLIENT_ID`)
}

/** Writes the profile, and makes it the one that is used. */
export function saveProfile(env: Env, name: string, profile: Profile): void {
  const known = readProfiles(env)
  const clients = resolve(profile.clients)
  writePrivate(join(configFolder(env), 'config.json'), {
    current: name,
    profiles: { ...known.profiles, [name]: { ...profile, clients } },
  })
}

export function chooseProfile(env: Env, name: string): Profile {
  const known = readProfiles(env)
  const found = known.profiles[name]
  if (!found) throw new UsageError(`There is no profile ${name}`)
  writePrivate(join(configFolder(env), 'config.json'), { ...known, current: name })
  return found
}

export function optionsOf(file: string, client: string): ClientOptions {
  try {
    return fromFile(file, client)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Whether others than its owner can read a file that holds keys. */
export function isExposed(file: string): boolean {
  return process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0
}

function readProfiles(env: Env): Profiles {
  const file = join(configFolder(env), 'config.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Profiles
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: '', profiles: {} }
    throw new UsageError(`${file} cannot be read: delete it and log in again`)
  }
}

/** For its owner only, and whole or not at all. */
export function writePrivate(file: string, content: unknown): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  chmodSync(draft, 0o600)
  renameSync(draft, file)
}
