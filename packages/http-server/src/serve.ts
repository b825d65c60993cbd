import { setTimeout as pause } from 'node:timers/promises'

import type { FastifyBaseLogger } from 'fastify'

/** What of a Fastify instance is needed here, whatever its type provider and logger are. */
type Servable = {
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  lifecycle: { stopping: boolean }
  close(): PromiseLike<unknown>
  listen(options: { host: string; port: number }): PromiseLike<unknown>
}

export type ServeOptions = {
  host: string
  port: number
  /** How long requests under way may take once the process is told to stop. */
  shutdownSeconds: number
  /** How long before that it goes on answering as not ready, so that balancers take it out. */
  drainSeconds: number
  /** Share the port with other processes of the same service. */
  reusePort?: boolean
}

/**
 * Listens until SIGTERM or SIGINT; then says that it is not ready, finishes what is under way, closes,
 * and ends the process.
 */
export async function serve(app: Servable, options: ServeOptions): Promise<void> {
  async function stop(signal: string) {
    if (app.lifecycle.stopping) return
    app.lifecycle.stopping = true
    app.log.info({ signal }, 'stopping')
    await pause(options.drainSeconds * 1000)
    const late = setTimeout(() => {
      app.log.warn('requests were still under way when the time to stop was over')
      process.exit(1)
    }, options.shutdownSeconds * 1000)
    late.unref()
    await app.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(signal))
  const { host, port, reusePort } = options
  // The type lacks reusePort, which Fastify hands on to node:net.
  await app.listen({ host, port, ...(reusePort && { reusePort }) } as {
    host: string
    port: number
  })
}
