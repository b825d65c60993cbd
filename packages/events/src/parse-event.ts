import type { CloudEvent, EventContract } from '@lexchange/contracts'
import { Compile } from 'typebox/compile'

import { EventMalformedError, EventUnknownError } from './event.errors.ts'

type Parse = (text: string) => { contract: EventContract; event: CloudEvent }

/**
 * Makes a parser for messages of the given contracts: JSON, a known type and version, and the contract's
 * schema. Members that the contract does not name pass, so that a newer producer does no harm.
 * @throws EventMalformedError, EventUnknownError
 */
export function eventParser(contracts: readonly EventContract[]): Parse {
  const known = new Map(
    contracts.map((contract) => [contract.type, { contract, schema: Compile(contract.message) }]),
  )
  return (text) => {
    const event = parseJson(text)
    const type = (event as { type?: unknown } | null)?.type
    if (typeof type !== 'string') throw new EventMalformedError('The message has no type')
    const found = known.get(type)
    if (!found) throw new EventUnknownError(type)
    if (!found.schema.Check(event)) {
      const errors = found.schema
        .Errors(event)
        .slice(0, 5)
        .map(({ instancePath, message }) => ({ pointer: instancePath, detail: message }))
      const first = errors[0]
      throw new EventMalformedError(`${first?.pointer ?? ''} ${first?.detail ?? ''}`.trim(), errors)
    }
    return { contract: found.contract, event: event as CloudEvent }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new EventMalformedError('The message is not JSON')
  }
}
