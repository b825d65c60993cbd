import { Ajv, type Options } from 'ajv'
import formats from 'ajv-formats'
import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'

// allErrors stays off: ajv warns that it helps denial of service.
const STRICT: Options = {
  removeAdditional: false,
  useDefaults: true,
  allErrors: false,
  strict: false,
}

const addFormats = formats as unknown as (ajv: Ajv) => Ajv

/** Bodies are taken as they are; what arrives as text (query, path, headers) is converted. */
const forBodies = addFormats(new Ajv({ ...STRICT, coerceTypes: false }))
const forText = addFormats(new Ajv({ ...STRICT, coerceTypes: true }))

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) =>
  (httpPart === 'body' ? forBodies : forText).compile(schema)

/** Compiles a check for values that arrive inside a body, e.g. the items of a batch. */
export function compileBody(schema: TSchema) {
  return forBodies.compile(schema)
}
