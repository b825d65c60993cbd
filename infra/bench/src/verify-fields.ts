import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { benchLicense } from './licenses.ts'
import { served } from './load.ts'
import { startReference } from './reference.ts'
import { startVerification } from './verification.ts'

const PATHS = ['/v1/verifications']

/** A check that matches two fields and discloses two, recorded durably, against a bare Fastify POST. */
export async function benchVerifyFields(options: BenchOptions): Promise<BenchResult> {
  const verification = await startVerification(options.licenses)
  const { type, number, versions } = benchLicense(7)
  const { name, establishedOn } = versions[0]?.claims ?? {}
  const body = JSON.stringify({
    license: { type, number },
    purpose: 'tax',
    caseRef: 'BENCH-1',
    match: { name, establishedOn },
    disclose: ['businessScope', 'registeredCapital'],
  })
  const headers = { authorization: verification.authorization }
  const sample = await fetch(verification.url + PATHS[0], {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  const answer = await sample.text()
  const { match } = JSON.parse(answer)
  if (!match?.name || !match.establishedOn) throw new Error(`the fields do not match: ${answer}`)
  const reference = await startReference('bare-post-main.ts', { ANSWER: answer })
  try {
    const common = { paths: PATHS, headers, body }
    const { url, pid } = verification
    return await compare(
      {
        name: 'verify-fields',
        ours: served({ name: 'POST /v1/verifications', url, pid, ...common }),
        reference: served({ name: 'bare Fastify POST', ...reference, ...common }),
        budget: 0.5,
        beyond: 0.65,
      },
      options,
    )
  } finally {
    await reference.stop()
    await verification.stop()
  }
}
