import { DomainError } from '@lexchange/problems'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { amend, cancel, reinstate, renew, revoke, suspend } from './change-license.ts'
import {
  type DerivedStatus,
  intervalOf,
  type LicenseState,
  type LicenseVersion,
  statusAt,
} from './license.ts'
import { getLicenseType } from './license-types/index.ts'

const businessLicense = getLicenseType('business-license')
const time = (iso: string) => new Date(`${iso}T00:00:00.000Z`)
const now = time('2026-06-01')
const claims = {
  name: '华为技术有限公司',
  enterpriseType: 'limited-liability-company',
  legalRepresentative: '赵明路',
  registeredCapital: { amount: '4104113.18', currency: 'CNY' },
  establishedOn: '1987-09-15',
  businessScope: '程控交换机',
  domicile: '深圳市龙岗区坂田',
  contactPhone: '+8675528780808',
}

const active: LicenseState = {
  version: 1,
  status: 'active',
  validFrom: time('2026-01-01'),
  validUntil: time('2027-01-01'),
  effectiveAt: time('2026-01-01'),
  holder: { kind: 'enterprise', uscc: '914403001922038216', name: '华为技术有限公司' },
  claims,
}

type Command = (current: LicenseState, at: { now: Date; effectiveAt?: Date }) => LicenseVersion

const moves: Record<string, Command> = {
  amend: (current, at) =>
    amend(businessLicense, current, { claims: { domicile: `v${current.version}` } }, at),
  renew: (current, at) =>
    renew(current, new Date((current.validUntil ?? at.now).getTime() + 86_400_000), at),
  suspend,
  reinstate,
  revoke,
  cancel,
}

/** The error that the call throws, as what the caller sees of it. */
function refusal(call: () => unknown) {
  try {
    call()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { code, kind, members, errors } = error
    return { code, kind, ...members, pointers: errors?.map(({ pointer }) => pointer) }
  }
  return undefined
}

describe('the status machine', () => {
  const allowed: Record<string, string[]> = {
    active: ['amend', 'renew', 'suspend', 'revoke', 'cancel'],
    suspended: ['reinstate', 'revoke', 'cancel'],
    revoked: [],
    cancelled: [],
  }

  for (const [status, possible] of Object.entries(allowed)) {
    for (const [name, move] of Object.entries(moves)) {
      const current = { ...active, status: status as LicenseState['status'] }
      if (possible.includes(name)) {
        it(`lets ${name} while ${status}`, () => {
          const next = move(current, { now })
          expect(next).toMatchObject({ version: 2, effectiveAt: now, validFrom: active.validFrom })
        })
      } else {
        it(`refuses ${name} while ${status}, naming the status`, () => {
          expect(refusal(() => move(current, { now }))).toMatchObject({
            code: 'status-conflict',
            kind: 'conflict',
            currentStatus: status,
          })
        })
      }
    }
  }

  it.each(Object.keys(moves))('refuses %s once expired', (name) => {
    for (const status of ['active', 'suspended'] as const) {
      const call = () => moves[name]?.({ ...active, status }, { now: time('2027-01-01') })
      expect(refusal(call)).toMatchObject({ code: 'status-conflict', currentStatus: 'expired' })
    }
  })

  it('judges a license that is not yet valid by its stored status', () => {
    const early = { ...active, validFrom: time('2026-12-01') }
    const suspended = suspend(early, { now })
    expect(suspended.status).toBe('suspended')
    expect(reinstate(suspended, { now }).status).toBe('active')
    expect(refusal(() => suspend(suspended, { now }))).toMatchObject({
      code: 'status-conflict',
      currentStatus: 'not-yet-valid',
    })
  })

  it('names each change by its event', () => {
    const suspended = suspend(active, { now })
    expect([
      moves.amend?.(active, { now }).event,
      moves.renew?.(active, { now }).event,
      suspended.event,
      reinstate(suspended, { now }).event,
      revoke(active, { now }).event,
      cancel(active, { now }).event,
    ]).toEqual(['amended', 'renewed', 'suspended', 'reinstated', 'revoked', 'cancelled'])
  })

  it('leaves what it was given as it was', () => {
    const before = structuredClone(active)
    for (const name of ['amend', 'renew', 'suspend', 'revoke', 'cancel'])
      moves[name]?.(active, { now })
    expect(active).toEqual(before)
  })
})

describe('effectiveAt', () => {
  it('may lie between the last change and now, both included', () => {
    for (const effectiveAt of [active.effectiveAt, time('2026-05-01'), now]) {
      expect(suspend(active, { now, effectiveAt }).effectiveAt).toEqual(effectiveAt)
    }
  })

  it('is refused in the future', () => {
    const effectiveAt = new Date(now.getTime() + 1)
    expect(refusal(() => suspend(active, { now, effectiveAt }))).toEqual({
      code: 'effective-at-in-future',
      kind: 'rule-violated',
      pointers: ['/effectiveAt'],
    })
    expect(refusal(() => suspend(active, { now, effectiveAt: new Date(Number.NaN) }))?.code).toBe(
      'effective-at-in-future',
    )
  })

  it('is refused before the last change', () => {
    const effectiveAt = new Date(active.effectiveAt.getTime() - 1)
    expect(refusal(() => suspend(active, { now, effectiveAt }))).toEqual({
      code: 'effective-at-before-last-change',
      kind: 'rule-violated',
      pointers: ['/effectiveAt'],
    })
  })

  it('defaults to the last change where the clock was set back', () => {
    const back = new Date(active.effectiveAt.getTime() - 5)
    expect(suspend(active, { now: back }).effectiveAt).toEqual(active.effectiveAt)
  })
})

describe('amend', () => {
  const amended = (amendment: Parameters<typeof amend>[2]) =>
    amend(businessLicense, active, amendment, { now })

  it('merges the claims and removes what is null', () => {
    const patch = {
      domicile: '东莞市松山湖',
      registeredCapital: { amount: '5.00' },
      contactPhone: null,
    }
    const { contactPhone: _, ...kept } = claims
    expect(amended({ claims: patch }).claims).toEqual({
      ...kept,
      domicile: '东莞市松山湖',
      registeredCapital: { amount: '5.00', currency: 'CNY' },
    })
  })

  it('renames the holder and nothing else of it', () => {
    const { holder, claims: same } = amended({ holderName: '华为有限公司' })
    expect(holder).toEqual({ ...active.holder, name: '华为有限公司' })
    expect(same).toEqual(claims)
  })

  it.each([
    [{}],
    [{ claims: {} }],
    [{ claims: { domicile: claims.domicile } }],
    [{ claims: { settlementAccount: null } }],
    [{ holderName: active.holder.name }],
  ])('refuses %j, which changes nothing', (amendment) => {
    expect(refusal(() => amended(amendment))).toMatchObject({
      code: 'nothing-to-amend',
      kind: 'rule-violated',
    })
  })

  it('refuses claims that the type does not take', () => {
    const patch = { name: null, domicile: 7, shoeSize: 42 }
    const { pointers, ...error } = refusal(() => amended({ claims: patch })) ?? {}
    expect(error).toEqual({ code: 'claims-invalid', kind: 'rule-violated' })
    expect(pointers?.toSorted()).toEqual(['/claims/domicile', '/claims/name', '/claims/shoeSize'])
  })
})

describe('renew', () => {
  const end = active.validUntil as Date

  it('moves the end, or takes it away', () => {
    const later = time('2036-01-01')
    expect(renew(active, later, { now })).toMatchObject({ status: 'active', validUntil: later })
    expect(renew(active, null, { now }).validUntil).toBeNull()
  })

  it.each([
    ['the present end', end],
    ['before the present end', time('2026-12-31')],
    ['now', now],
    ['the past', time('2020-01-01')],
    ['a year that no time can be written in', new Date(Date.UTC(10_000, 0))],
  ])('refuses %s', (_, validUntil) => {
    expect(refusal(() => renew(active, validUntil, { now }))).toEqual({
      code: 'validity-invalid',
      kind: 'rule-violated',
      pointers: ['/validUntil'],
    })
  })

  it('refuses a license without an end', () => {
    const endless = { ...active, validUntil: null }
    expect(refusal(() => renew(endless, end, { now }))?.code).toBe('validity-invalid')
  })
})

describe('any sequence of commands', () => {
  const day = 86_400_000
  const steps = fc.array(
    fc.record({
      move: fc.constantFrom(...Object.keys(moves)),
      wait: fc.nat({ max: 200 }),
      back: fc.option(fc.integer({ min: -5, max: 100 }), { nil: undefined }),
    }),
    { maxLength: 20 },
  )
  const reachable: Record<string, readonly DerivedStatus[]> = {
    active: ['active', 'suspended', 'revoked', 'cancelled'],
    suspended: ['active', 'suspended', 'revoked', 'cancelled'],
    revoked: [],
    cancelled: [],
  }

  it('reaches no forbidden state and leaves the past as it was', () => {
    fc.assert(
      fc.property(steps, (commands) => {
        const first: LicenseVersion = { ...active, event: 'issued' }
        const versions = [first]
        let current = first
        let clock = first.effectiveAt.getTime()
        for (const { move, wait, back } of commands) {
          clock += wait * day
          const at = {
            now: new Date(clock),
            ...(back !== undefined && { effectiveAt: new Date(clock - back * day) }),
          }
          const before = versions.map(intervalOf)
          let next: LicenseVersion
          try {
            next = (moves[move] as Command)(current, at)
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError)
            continue
          }
          expect(next.version).toBe(current.version + 1)
          expect(next.effectiveAt >= current.effectiveAt && next.effectiveAt <= at.now).toBe(true)
          expect(reachable[current.status]).toContain(next.status)
          expect(statusAt(before, clock)).not.toBe('expired')
          expect(next.validFrom).toEqual(current.validFrom)
          expect([next.event === 'amended', next.event === 'renewed']).toEqual([
            next.claims !== current.claims,
            next.validUntil !== current.validUntil,
          ])
          versions.push(next)
          const edges = versions.flatMap((version) => [version.effectiveAt, version.validUntil])
          const past = [...edges, first.validFrom]
            .flatMap((edge) => (edge === null ? [] : [edge.getTime() - 1, edge.getTime()]))
            .filter((moment) => moment < next.effectiveAt.getTime())
          const after = versions.map(intervalOf)
          expect(past.map((moment) => statusAt(after, moment))).toEqual(
            past.map((moment) => statusAt(before, moment)),
          )
          current = next
        }
      }),
      { numRuns: 200 },
    )
  })
})
