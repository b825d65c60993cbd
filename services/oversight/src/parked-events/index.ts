export { parkedEventRoutes } from './parked-event.routes.ts'
