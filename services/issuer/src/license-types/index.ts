export { licenseTypeRoutes } from './license-type.routes.ts'
