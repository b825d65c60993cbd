import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { decodeCursor, encodeCursor, Page, PageQuery, problems } from '@lexchange/http-server'
import { findLicenseType, type LicenseType, licenseTypes } from '@lexchange/license'
import { Type } from 'typebox'

import { LicenseTypeNotFoundError } from './license-type.errors.ts'
import { EXAMPLE_TYPE, LicenseTypeAnswer, LicenseTypeParams } from './license-type.schemas.ts'

const config = { scope: 'license:read' }

const inOrder = licenseTypes.toSorted((one, other) => (one.code < other.code ? -1 : 1))

export const licenseTypeRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/license-types',
    {
      config,
      schema: {
        operationId: 'listLicenseTypes',
        tags: ['license-types'],
        summary: 'The catalogue of license types',
        querystring: Type.Object(PageQuery, { additionalProperties: false }),
        response: {
          200: Page(LicenseTypeAnswer, { examples: [{ items: [EXAMPLE_TYPE], nextCursor: null }] }),
        },
      },
    },
    async (request) => {
      const { cursor, limit = 50 } = request.query
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, 1)
      const left = inOrder.filter(({ code }) => code > after)
      const items = left.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(toAnswer),
        nextCursor: last && left.length > limit ? encodeCursor([last.code]) : null,
      }
    },
  )

  app.get(
    '/license-types/:code',
    {
      config,
      schema: {
        operationId: 'getLicenseType',
        tags: ['license-types'],
        summary: 'One license type: JSON Schema and classification of its claims',
        params: LicenseTypeParams,
        response: {
          200: Type.Object(LicenseTypeAnswer.properties, { examples: [EXAMPLE_TYPE] }),
          ...problems(404),
        },
      },
    },
    async (request) => {
      const licenseType = findLicenseType(request.params.code)
      if (!licenseType) throw new LicenseTypeNotFoundError(request.params.code)
      return toAnswer(licenseType)
    },
  )
}

function toAnswer({ nationalTypeSource: _, numberRule: __, ...entry }: LicenseType) {
  return { ...entry, holders: [...entry.holders], seals: [...entry.seals] } as unknown as Omit<
    typeof entry,
    'holders' | 'seals' | 'claims'
  > & { holders: ('enterprise' | 'person')[]; seals: string[]; claims: Record<string, unknown> }
}
