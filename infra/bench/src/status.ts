import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { statusPaths } from './licenses.ts'
import { served } from './load.ts'
import { startReference } from './reference.ts'
import { startVerification } from './verification.ts'

/** The status route with a warm token, against bare Fastify with an answer of the same size. */
export async function benchStatus(options: BenchOptions): Promise<BenchResult> {
  const verification = await startVerification(options.licenses)
  const headers = { authorization: verification.authorization }
  const paths = statusPaths(options.licenses)
  const sample = await fetch(`${verification.url}${paths[0]}`, { headers })
  const reference = await startReference('bare-main.ts', { ANSWER: await sample.text() })
  try {
    const { url, pid } = verification
    return await compare(
      {
        name: 'status',
        ours: served({ name: 'status route', url, pid, paths, headers }),
        reference: served({
          name: 'bare Fastify GET',
          url: reference.url,
          pid: reference.pid,
          paths,
          headers,
        }),
        budget: 0.75,
        beyond: 0.85,
      },
      options,
    )
  } finally {
    await reference.stop()
    await verification.stop()
  }
}
