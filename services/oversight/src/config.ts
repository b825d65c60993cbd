import {
  databaseSettings,
  type Environment,
  integer,
  loadSettings,
  serviceSettings,
} from '@lexchange/config'

export const oversightSettings = {
  ...serviceSettings,
  ...databaseSettings,
  FINDING_SECONDS: integer('how soon after a record the rules are applied to its day', {
    fallback: 2,
    min: 1,
    max: 300,
  }),
  PARTITIONS_AHEAD: integer('months for which partitions of access records are made ahead', {
    fallback: 2,
    min: 1,
    max: 24,
  }),
} as const

export type OversightConfig = ReturnType<typeof loadConfig>

export function loadConfig(env: Environment) {
  return loadSettings(oversightSettings, env)
}
