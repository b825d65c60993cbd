export { snapshotRoutes } from './snapshot.routes.ts'
