import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { statusPaths } from './licenses.ts'
import { served } from './load.ts'
import { startVerification } from './verification.ts'

/** The status route with durable access records, which are carried to NATS meanwhile, against without. */
export async function benchStatusAudited(options: BenchOptions): Promise<BenchResult> {
  const audited = await startVerification(options.licenses)
  const bare = await startVerification(options.licenses, { records: false })
  const paths = statusPaths(options.licenses)
  const side = (name: string, { url, pid, authorization }: typeof audited) =>
    served({ name, url, pid, paths, headers: { authorization } })
  try {
    return await compare(
      {
        name: 'status-audited',
        ours: side('with durable access records', audited),
        reference: side('without', bare),
        budget: 0.7,
        beyond: 0.85,
      },
      options,
    )
  } finally {
    await bare.stop()
    await audited.stop()
  }
}
