import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv'
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

export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return forBodies.compile(schema)
  const validate = forText.compile(schema)
  return httpPart === 'headers' ? validate : refusingNul(validate)
}

/** A path or query may hold %00, which PostgreSQL takes in no text, and no schema of ours allows for a reason. */
function refusingNul(validate: ValidateFunction) {
  const check = Object.assign(
    (values: Record<string, unknown>): boolean => {
      const name = Object.keys(values).find((key) => String(values[key]).includes('\0'))
      const passed = name === undefined && validate(values)
      check.errors =
        name === undefined ? (validate.errors ?? null) : [{ ...NUL, instancePath: `/${name}` }]
      return passed
    },
    { errors: null as ErrorObject[] | null },
  )
  return check
}

const NUL = {
  keyword: 'pattern',
  schemaPath: '',
  params: {},
  message: 'must not hold the character NUL',
}

/** Compiles a check for values that arrive inside a body, e.g. the items of a batch. */
export function compileBody(schema: TSchema) {
  return forBodies.compile(schema)
}
