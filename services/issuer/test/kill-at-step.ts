import { subscribe } from 'node:diagnostics_channel'

/** Loaded before the issuer by `--import`: ends it by SIGKILL as soon as it has done that step. */
// biome-ignore lint/style/noProcessEnv: nobody is there who could pass it on.
const step = process.env.KILL_AT

subscribe('lexchange:issuing', (reached) => {
  if (reached === step) process.kill(process.pid, 'SIGKILL')
})
