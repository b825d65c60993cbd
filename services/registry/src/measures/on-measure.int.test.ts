import type { Measure } from '@lexchange/contracts'
import { measureOrdered, measureSubject } from '@lexchange/contracts'
import { waitFor } from '@lexchange/testing'
import { jetstream } from '@nats-io/jetstream'
import { v4, v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { messagesOf } from '../../test/issuances.ts'
import { startRegistry, type TestRegistry } from '../../test/start-registry.ts'

let registry: TestRegistry

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.stop())

const measure = (kind: Measure['kind'], more: Partial<Measure> = {}): Measure => ({
  id: v4(),
  caseId: v4(),
  kind,
  departmentId: 'finance',
  reason: 'far more than its work needs',
  by: 'administrator-1',
  ...more,
})

async function order(data: Measure, subject = measureSubject(data.departmentId), id = v7()) {
  const event = {
    specversion: '1.0',
    id,
    source: '/oversight',
    type: measureOrdered.type,
    subject: data.departmentId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  }
  await jetstream(registry.nats).publish(subject, JSON.stringify(event))
}

async function announced(subject: string) {
  const messages = await messagesOf(registry.nats, 'DIRECTORY')
  const found = messages.find((message) => message.subject === `directory.${subject}`)
  return found?.event.data as Record<string, unknown> | undefined
}

const audits = (id: string) =>
  registry.db
    .selectFrom('audit_entry')
    .select(['action', 'subject', 'by_client', 'detail'])
    .where('action', '=', 'measure.applied')
    .execute()
    .then((rows) => rows.filter(({ detail }) => (detail as never as Measure).id === id))

async function parked(reason: string) {
  const rows = await registry.db
    .selectFrom('parked_event')
    .select(['consumer', 'reason'])
    .where('reason', '=', reason)
    .execute()
  return rows.length
}

describe('onMeasure', () => {
  it('throttles a department, and DIRECTORY says so, with an audit that names the case', async () => {
    await waitFor(async () => (await announced('department.finance')) !== undefined)
    const throttle = measure('throttle', { perMinute: 7 })
    await order(throttle)
    await waitFor(async () => (await announced('department.finance'))?.throttle !== undefined)
    expect(await announced('department.finance')).toMatchObject({
      throttle: { perMinute: 7 },
      state: 'active',
      revision: 2,
    })
    expect(await audits(throttle.id)).toMatchObject([
      {
        subject: 'finance',
        by_client: 'administrator-1',
        detail: { id: throttle.id, caseId: throttle.caseId, kind: 'throttle', perMinute: 7 },
      },
    ])
  })

  it('takes the same measure twice as once', async () => {
    const suspend = measure('suspend')
    const id = v7()
    await order(suspend, undefined, id)
    await order(suspend, undefined, id)
    await order(suspend)
    const last = measure('warn')
    await order(last)
    await waitFor(async () => (await audits(last.id)).length === 1)
    await waitFor(async () => (await announced('department.finance'))?.state === 'suspended')
    expect(await announced('department.finance')).toMatchObject({ revision: 3 })
  })

  it('warns without changing the directory', async () => {
    const warning = measure('warn', { departmentId: 'tax' })
    await order(warning)
    await waitFor(async () => (await audits(warning.id)).length === 1)
    expect(await announced('department.tax')).toMatchObject({ revision: 1 })
  })

  it('ends an agreement, which no measure and no administrator brings back', async () => {
    const end = measure('end-agreement', { departmentId: 'tax', agreementId: 'tax' })
    await order(end)
    await waitFor(async () => (await announced('agreement.tax'))?.state === 'ended')
    const again = measure('end-agreement', { departmentId: 'tax', agreementId: 'tax' })
    await order(again)
    await waitFor(async () => (await audits(again.id)).length === 1)
    const authorization = await registry.admin()
    const answer = await registry.app.inject({
      method: 'POST',
      url: '/v1/agreements/tax/resume',
      headers: { authorization },
      payload: { reason: 'please' },
    })
    expect(answer.statusCode).toBe(409)
    expect(await announced('agreement.tax')).toMatchObject({ state: 'ended', revision: 2 })
  })

  it('parks what names nobody, lacks what it needs, or comes on another subject', async () => {
    await order(measure('suspend', { departmentId: 'nobody' }))
    await order(measure('end-agreement', { agreementId: 'tax' }))
    await waitFor(async () => (await parked('directory-entry-not-found')) === 2)
    await order(measure('throttle'))
    await order(measure('end-agreement'))
    await order(measure('suspend', { departmentId: 'tax' }), measureSubject('finance'))
    await waitFor(async () => (await parked('measure-refused')) === 3)
    expect(await announced('department.tax')).toMatchObject({ state: 'active' })
  })
})
