import { readFileSync } from 'node:fs'

/** One setting: how its text is read, what it means, and what holds when it is not set. */
export type Setting<T> = {
  readonly describe: string
  readonly parse: (text: string) => T
  readonly fallback?: T
  /** How the default is shown in the table of settings, where the value itself says too little. */
  readonly secret?: boolean
}

export type Settings = Readonly<Record<string, Setting<unknown>>>

export type Loaded<S extends Settings> = {
  readonly [Name in keyof S]: S[Name] extends Setting<infer T> ? T : never
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Settings that are missing or cannot be read; the message names all of them at once. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/**
 * Reads every setting from the environment; `NAME_FILE` names a file that holds the value of `NAME`
 * (surrounding white space is dropped), so that secrets need not stand in the environment.
 * @throws SettingsError naming all that is missing or malformed.
 */
export function loadSettings<const S extends Settings>(settings: S, env: Environment): Loaded<S> {
  const faults: string[] = []
  const loaded = Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => {
      try {
        return [name, readSetting(name, setting, env)]
      } catch (error) {
        faults.push(`${name}: ${(error as Error).message} (${setting.describe})`)
        return [name, undefined]
      }
    }),
  )
  if (faults.length > 0) throw new SettingsError(`Settings are wrong:\n  ${faults.join('\n  ')}`)
  return Object.freeze(loaded) as Loaded<S>
}

function readSetting(name: string, setting: Setting<unknown>, env: Environment): unknown {
  const file = env[`${name}_FILE`]
  const text = file ? readFileSync(file, 'utf8').trim() : env[name]
  if (text === undefined || text === '') {
    if ('fallback' in setting) return setting.fallback
    throw new Error('is not set')
  }
  return setting.parse(text)
}
