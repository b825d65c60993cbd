import { type BenchOptions, type BenchResult, compare } from './bench.ts'
import { benchIssuer } from './credential-issuer.ts'
import { served } from './load.ts'
import { startReference } from './reference.ts'
import { startVerification } from './verification.ts'

const PATHS = ['/v1/verifications']

/** A credential that was seen before, as at a bid opening, over HTTP, against a bare Fastify POST. */
export async function benchCredentialAgain(options: BenchOptions): Promise<BenchResult> {
  const issuer = benchIssuer()
  const verification = await startVerification(options.licenses, { entries: issuer.entries })
  const body = JSON.stringify({
    license: { credential: issuer.credential(7) },
    purpose: 'tax',
    caseRef: 'BENCH-1',
  })
  const headers = { authorization: verification.authorization }
  const sample = await fetch(verification.url + PATHS[0], {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  })
  const answer = await sample.text()
  if (JSON.parse(answer).verdict !== 'valid')
    throw new Error(`the credential is not valid: ${answer}`)
  const reference = await startReference('bare-post-main.ts', { ANSWER: answer })
  try {
    const common = { paths: PATHS, headers, body }
    const { url, pid } = verification
    return await compare(
      {
        name: 'credential-again',
        ours: served({ name: 'POST /v1/verifications', url, pid, ...common }),
        reference: served({ name: 'bare Fastify POST', ...reference, ...common }),
        budget: 0.5,
        beyond: 0.7,
      },
      options,
    )
  } finally {
    await reference.stop()
    await verification.stop()
  }
}
