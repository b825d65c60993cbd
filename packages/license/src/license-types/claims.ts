import type { InputError } from '@lexchange/problems'
import { Compile, type Validator } from 'typebox/compile'
import { ClaimsInvalidError } from '../license.errors.ts'
import type { Claims } from '../license.ts'
import type { LicenseType } from './license-type.ts'

type SchemaError = ReturnType<Validator['Errors']>[number]

const validators = new WeakMap<LicenseType, Validator>()

function validatorOf(licenseType: LicenseType): Validator {
  let validator = validators.get(licenseType)
  if (validator === undefined) {
    validator = Compile(licenseType.claims) as Validator
    validators.set(licenseType, validator)
  }
  return validator
}

const escapeToken = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** The `description` of the schema that failed, which says more than the name of the keyword. */
function expectationOf(licenseType: LicenseType, schemaPath: string): string | undefined {
  let schema: unknown = licenseType.claims
  for (const token of schemaPath.split('/').slice(1)) {
    schema = (schema as Record<string, unknown>)[token]
  }
  return (schema as { description?: string }).description
}

function toInputErrors(licenseType: LicenseType, error: SchemaError): InputError[] {
  const pointer = error.instancePath
  if (error.keyword === 'required') {
    return error.params.requiredProperties.map((name) => ({
      pointer: `${pointer}/${escapeToken(name)}`,
      detail: 'is required',
    }))
  }
  // One error for each unknown member comes before the one that lists them all.
  if (error.keyword === 'boolean') return [{ pointer, detail: 'is not known to this license type' }]
  if (error.keyword === 'additionalProperties') return []
  const expectation = expectationOf(licenseType, error.schemaPath)
  return [{ pointer, detail: expectation ? `must be ${expectation}` : error.message }]
}

/**
 * The faults of claims under the schema of their type, empty when there are none. Pointers are RFC 6901
 * into the claims; details never repeat a value, which may be personal.
 */
export function checkClaims(licenseType: LicenseType, claims: unknown): InputError[] {
  const validator = validatorOf(licenseType)
  if (validator.Check(claims)) return []
  return validator.Errors(claims).flatMap((error) => toInputErrors(licenseType, error))
}

/** Throws `claims-invalid`, with pointers from the body that holds them as `claims`. */
export function requireClaims(licenseType: LicenseType, claims: unknown): void {
  const faults = checkClaims(licenseType, claims)
  if (faults.length === 0) return
  throw new ClaimsInvalidError(
    faults.map(({ pointer, detail }) => ({ pointer: `/claims${pointer}`, detail })),
  )
}

/** The claims that everybody may see; a claim that the type does not know is not among them. */
export function publicClaims(licenseType: LicenseType, claims: Claims): Claims {
  return Object.fromEntries(
    Object.entries(claims).filter(
      ([name]) =>
        Object.hasOwn(licenseType.classification, name) &&
        licenseType.classification[name] === 'public',
    ),
  )
}
