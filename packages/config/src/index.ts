export { bytes, choice, integer, list, secret, text, url } from './kinds.ts'
export { databaseSettings, serviceSettings } from './service-settings.ts'
export {
  type Environment,
  type Loaded,
  loadSettings,
  type Setting,
  type Settings,
  SettingsError,
} from './settings.ts'
