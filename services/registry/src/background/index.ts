export { type BackgroundDeps, startBackground } from './start-background.ts'
