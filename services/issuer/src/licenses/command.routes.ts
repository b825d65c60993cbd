import type { AuthorityEntry } from '@lexchange/contracts'
import {
  type Answer,
  clientOf,
  commandKeyOf,
  refusalOf,
  sendAnswer,
  traceparentOf,
} from '@lexchange/http-server'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { type ChangeCommand, changeLicense, type Decide } from './change-license.ts'
import { draftLicense, type LicenseApplication } from './draft-license.ts'
import type { IssueDeps } from './issue-license.ts'
import type { createIssueQueue } from './issue-queue.ts'
import { etagOf, licenseView } from './license.ts'
import { newSerial } from './new-serial.ts'

type Issue = {
  authority: AuthorityEntry
  /** What is applied for at the time of the command. */
  applicationAt: (now: Date) => LicenseApplication
}

/** Issues a license and answers 201, once for an Idempotency-Key. */
export async function answerIssue(
  deps: IssueDeps & { issueQueued: ReturnType<typeof createIssueQueue<Answer>> },
  request: FastifyRequest,
  reply: FastifyReply,
  { authority, applicationAt }: Issue,
) {
  const { now, newId } = deps
  const once = await deps.issueQueued({
    authority,
    by: clientOf(request).clientId,
    traceparent: traceparentOf(request),
    key: commandKeyOf(request, deps.sealing.requestKey),
    draft: (at) =>
      draftLicense(authority, applicationAt(at), { now: at, id: newId(), serial: newSerial() }),
    answer: (license, credential) => ({
      status: 201,
      headers: { location: `/v1/licenses/${license.id}`, etag: etagOf(license) },
      body: { license: licenseView(license, now()), seals: [], credential },
    }),
    refuse: refusalOf(request),
  })
  return sendAnswer(reply, once)
}

/** Changes a license as decided and answers 200, once for an Idempotency-Key. */
export async function answerChange(
  deps: IssueDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  command: ChangeCommand,
  decide: Decide,
) {
  const once = await changeLicense<Answer>(deps, command, decide, {
    key: commandKeyOf(request, deps.sealing.requestKey),
    answer: (license) => ({
      status: 200,
      headers: { etag: etagOf(license) },
      body: { license: licenseView(license, deps.now()) },
    }),
    refuse: refusalOf(request),
  })
  return sendAnswer(reply, once)
}
