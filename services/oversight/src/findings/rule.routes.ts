import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ChangeHeaders, clientOf, ifMatchOf, Page, problems } from '@lexchange/http-server'
import type { Kysely } from 'kysely'
import { Type } from 'typebox'

import type { AuditTables } from '../audit/index.ts'
import { changeRule } from './change-rule.ts'
import { type DryRunDeps, dryRunRule } from './dry-run-rule.ts'
import {
  DryRunAnswer,
  DryRunRequest,
  EXAMPLE_RULE,
  Rule,
  RuleChange,
  RuleParams,
} from './finding.schemas.ts'
import type { FindingTables } from './finding.tables.ts'
import { listRules, type StoredRule } from './rule.repository.ts'
import { type Thresholds, thresholdsFor } from './rule.ts'

export type RuleDeps = Omit<DryRunDeps, 'db'> & {
  db: Kysely<FindingTables & AuditTables>
  now: () => Date
}

export const ruleRoutes: FastifyPluginAsyncTypebox<RuleDeps> = async (app, deps) => {
  app.get(
    '/v1/rules',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'listRules',
        tags: ['rules'],
        summary: 'The rules, with their thresholds by kind of department',
        response: { 200: Page(Rule, { examples: [{ items: [EXAMPLE_RULE], nextCursor: null }] }) },
      },
    },
    async () => ({
      items: (await listRules(deps.db as never)).map(ruleAnswer),
      nextCursor: null,
    }),
  )

  app.patch(
    '/v1/rules/:id',
    {
      config: { scope: 'oversight:act' },
      schema: {
        operationId: 'changeRule',
        tags: ['rules'],
        summary: 'Switch a rule on or off, or change thresholds; it holds within seconds',
        params: RuleParams,
        headers: Type.Pick(ChangeHeaders, ['if-match']),
        body: RuleChange,
        response: { 200: Rule, ...problems(404, 412, 422) },
      },
    },
    async (request, reply) => {
      const act = { by: clientOf(request).clientId, now: deps.now() }
      const change = request.body as never
      const rule = await changeRule(deps.db, request.params.id, change, ifMatchOf(request), act)
      return reply.header('etag', `"${rule.revision}"`).send(ruleAnswer(rule))
    },
  )

  app.post(
    '/v1/rules/:id/dry-run',
    {
      config: { scope: 'oversight:read' },
      schema: {
        operationId: 'dryRunRule',
        tags: ['rules'],
        summary: 'What a rule would have found in past records, with these thresholds',
        params: RuleParams,
        body: DryRunRequest,
        response: { 200: DryRunAnswer, ...problems(404, 422) },
      },
    },
    async ({ params: { id }, body }) => {
      const { records, findings } = await dryRunRule(
        { ...deps, db: deps.db as never },
        id,
        body as never,
      )
      return {
        records,
        findings: findings.map(({ ruleId, ...rest }) => ({ ...rest, rule: ruleId })),
      }
    },
  )
}

function ruleAnswer(rule: StoredRule) {
  const kinds = new Set(['default', ...Object.keys(rule.thresholds)])
  return {
    ...{ id: rule.id, kind: rule.kind, enabled: rule.enabled, revision: rule.revision },
    thresholds: rule.thresholds as Record<string, Record<string, number>>,
    effective: Object.fromEntries([...kinds].map((kind) => [kind, effectiveOf(rule, kind)])),
    changedAt: rule.changedAt.toISOString(),
    changedBy: rule.changedBy,
  }
}

function effectiveOf(rule: StoredRule, kind: string): Record<string, number> {
  return { ...(thresholdsFor(rule, kind) as Thresholds) }
}
