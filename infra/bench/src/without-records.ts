import { registerHooks } from 'node:module'

/**
 * Loaded before verification (`--import`): its access log is one that writes nothing, and all else stays as
 * it is. So no setting of the service can turn recording off.
 */
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url.endsWith('/access-records/open-access-log.ts')
      ? { ...found, url: new URL('no-access-log.ts', import.meta.url).href }
      : found
  },
})
