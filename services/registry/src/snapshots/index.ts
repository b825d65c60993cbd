export { sealedSnapshotRoutes } from './sealed-snapshot.routes.ts'
export { snapshotRoutes } from './snapshot.routes.ts'
