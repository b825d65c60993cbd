import type { FastifyBaseLogger } from 'fastify'

/** What of a Fastify instance is needed here, whatever its type provider and logger are. */
type Servable = {
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>
  close(): PromiseLike<unknown>
  listen(options: { host: string; port: number }): PromiseLike<unknown>
}

export type ServeOptions = {
  host: string
  port: number
  /** How long requests under way may take once the process is told to stop. */
  shutdownSeconds: number
  /** Share the port with other processes of the same service. */
  reusePort?: boolean
}

/** Listens until SIGTERM or SIGINT; then finishes what is under way, closes, and ends the process. */
export async function serve(app: Servable, options: ServeOptions): Promise<void> {
  let stopping = false
  async function stop(signal: string) {
    if (stopping) return
    stopping = true
    app.log.info({ signal }, 'stopping')
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
