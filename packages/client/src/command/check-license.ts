import type { StatusAnswer } from '../answers.ts'
import type { CheckOptions, LexchangeClient } from '../client.ts'
import { EXIT } from './exit-codes.ts'
import type { Print } from './terminal.ts'

/** lexchange check TYPE NUMBER */
export async function checkLicense(
  { client, print }: { client: LexchangeClient; print: Print },
  type: string,
  number: string,
  options: CheckOptions,
): Promise<number> {
  const answer = await client.check(type, number, options)
  print.answer(answer, () => describe(answer))
  return answer.verdict === 'valid' ? EXIT.ok : EXIT.notValid
}

function describe(answer: StatusAnswer): string[] {
  const { type, number, verdict, status, version, validFrom, validUntil, asOf, position } = answer
  const known = version === null ? status : `${status}, version ${version}`
  return [
    `${type} ${number}: ${verdict} (${known})`,
    ...(validFrom === null ? [] : [`from ${validFrom} until ${validUntil ?? 'further notice'}`]),
    `as of ${asOf}, position ${position}${answer.stale ? `, ${answer.ageSeconds ?? '?'} s old` : ''}`,
  ]
}
