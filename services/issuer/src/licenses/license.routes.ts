import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Client } from '@lexchange/auth'
import { type Answer, CommandHeaders, clientOf, problems } from '@lexchange/http-server'
import { Type } from 'typebox'

import type { Directory } from '../directory/index.ts'
import { answerIssue } from './command.routes.ts'
import type { IssueDeps } from './issue-license.ts'
import { createIssueQueue } from './issue-queue.ts'
import { CredentialNotFoundError, LicenseNotFoundError } from './license.errors.ts'
import { findLicense, findLicenseOfHolder } from './license.repository.ts'
import {
  IssuedAnswer,
  IssueLicenseRequest,
  LicenseAnswer,
  LicenseParams,
  toApplication,
} from './license.schemas.ts'
import { etagOf, licenseView } from './license.ts'
import { openCredential } from './open-credential.ts'
import { openLicense } from './open-license.ts'

export type LicenseDeps = IssueDeps & { directory: Directory }

const config = { scope: 'license:issue' }

type Routes = FastifyPluginAsyncTypebox<LicenseDeps>

export const licenseRoutes: Routes = async (app, deps) => {
  // The prefix is in force already.
  for (const routes of [issueRoute, getRoute, credentialRoute])
    await app.register(routes, { ...deps, prefix: '' })
}

const issueRoute: Routes = async (app, deps) => {
  const issuing = { ...deps, issueQueued: createIssueQueue<Answer>(deps) }

  app.post(
    '/licenses',
    {
      config,
      schema: {
        operationId: 'issueLicense',
        tags: ['licenses'],
        summary: 'Issue a license together with its seals',
        headers: CommandHeaders,
        body: IssueLicenseRequest,
        response: { 201: IssuedAnswer, ...problems(409, 410, 422, 503) },
      },
    },
    async (request, reply) => {
      const authority = deps.directory.authorityOf(clientOf(request))
      const application = toApplication(request.body)
      const issue = { authority, applicationAt: () => application }
      return answerIssue(issuing, request, reply, issue)
    },
  )
}

const getRoute: Routes = async (app, { db, directory, now, sealing }) => {
  app.get(
    '/licenses/:id',
    {
      config,
      schema: {
        operationId: 'getLicense',
        tags: ['licenses'],
        summary: 'The current version of a license, as its authority sees it',
        params: LicenseParams,
        response: { 200: LicenseAnswer, ...problems(404, 503) },
      },
    },
    async (request, reply) => {
      const { id: authorityId } = directory.authorityOf(clientOf(request))
      const stored = await findLicense(db, request.params.id, authorityId)
      if (!stored) throw new LicenseNotFoundError(request.params.id)
      const license = await openLicense(sealing.keys, stored)
      return reply
        .header('etag', etagOf(license))
        .send({ license: licenseView(license, now()) } as never)
    },
  )
}

const credentialRoute: Routes = async (app, deps) => {
  app.get(
    '/licenses/:id/credential',
    {
      config: { scope: ['license:issue', 'holder:read'] },
      schema: {
        operationId: 'getCredential',
        tags: ['licenses'],
        summary: 'The credential of the current version, for its authority and its holder',
        description:
          'SD-JWT VC with all disclosures; the holder drops those that it keeps to itself. Once the claims were erased it has none.',
        params: LicenseParams,
        response: {
          200: {
            description: 'The credential',
            content: { 'application/dc+sd-jwt': { schema: Type.String() } },
          },
          ...problems(404, 503),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const license = await findOwnLicense(deps, clientOf(request), id)
      if (!license) throw new LicenseNotFoundError(id)
      const found = await openCredential(deps.db, deps.sealing.keys, id)
      if (!found) throw new CredentialNotFoundError(id)
      return reply
        .headers({ etag: `"${found.version}.${found.issue}"`, 'cache-control': 'no-store' })
        .type('application/dc+sd-jwt')
        .send(found.credential as never)
    },
  )
}

/** A holder sees what it holds, an authority what it has issued. */
async function findOwnLicense({ db, directory }: LicenseDeps, client: Client, id: string) {
  if (client.kind === 'holder') return findLicenseOfHolder(db, id, client.holderUscc ?? '')
  return findLicense(db, id, directory.authorityOf(client).id)
}
