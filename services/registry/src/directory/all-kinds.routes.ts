import type { FastifyPluginAsync } from 'fastify'
import { authorityRoutes } from './authority.routes.ts'
import { authorityKeysRoutes } from './authority-keys.routes.ts'
import { clientRoutes } from './client.routes.ts'
import { departmentRoutes } from './department.routes.ts'
import type { DirectoryDeps } from './directory.routes.ts'

/** Routes of every kind of entry. */
export const directoryRoutes: FastifyPluginAsync<DirectoryDeps> = async (app, deps) => {
  for (const routes of [authorityRoutes, authorityKeysRoutes, departmentRoutes, clientRoutes])
    await app.register(routes, deps)
}
