import { describe, expect, it } from 'vitest'

import {
  findKey,
  holderKeys,
  ISSUER,
  issuerKeys,
  issueStatusList,
  KID,
  LIST,
  mutations,
  NOW,
  signRaw,
} from '../test/sample.ts'
import {
  readStatusListToken,
  type StatusListQuestion,
  statusAt,
  verifyStatusListToken,
} from './index.ts'

const question = { uri: LIST, issuer: ISSUER, findKey, at: NOW }
function verdict(jwt: string, changes: Partial<StatusListQuestion> = {}) {
  const outcome = verifyStatusListToken(jwt, { ...question, ...changes })
  return outcome.ok ? 'ok' : outcome.code
}

describe('verifyStatusListToken', () => {
  it('gives the list and its times', () => {
    const outcome = verifyStatusListToken(
      issueStatusList([
        [5, 1],
        [6, 2],
      ]),
      question,
    )
    if (!outcome.ok) throw new Error(outcome.code)
    const { bytes, bits, issuedAt, expires, ttl, uri } = outcome.value
    expect([5, 6, 7].map((index) => statusAt(bytes, bits, index))).toEqual([1, 2, 0])
    expect({ issuedAt, expires, ttl, uri }).toEqual({
      issuedAt: NOW - 60,
      expires: NOW + 3600,
      ttl: 300,
      uri: LIST,
    })
  })

  it('wants the list that was named, of the issuer that was named', () => {
    expect(verdict(issueStatusList(), { uri: `${LIST}2` })).toBe('status-list-mismatch')
    expect(verdict(issueStatusList([], { issuer: 'https://evil.example' }))).toBe(
      'status-list-mismatch',
    )
    expect(verdict(issueStatusList([], { issuer: ISSUER }))).toBe('ok')
    const { issuer, ...open } = question
    expect(verifyStatusListToken(issueStatusList([], { issuer: ISSUER }), open).ok).toBe(true)
    expect(verifyStatusListToken(issueStatusList(), open)).toMatchObject({ code: 'key-unknown' })
  })

  it('wants a key of the issuer that was good then', () => {
    expect(verdict(issueStatusList([], {}, holderKeys))).toBe('signature-invalid')
    expect(verdict(issueStatusList([], { kid: 'other' }))).toBe('key-unknown')
    const revoked = () => ({ key: issuerKeys.publicKey, revokedAt: NOW - 60 })
    expect(verdict(issueStatusList(), { findKey: revoked })).toBe('key-compromised')
  })

  it('speaks about the time between its iat and its exp', () => {
    const token = issueStatusList()
    expect(verdict(token, { at: NOW + 3599 })).toBe('ok')
    expect(verdict(token, { at: NOW + 3600 })).toBe('status-list-expired')
    expect(verdict(token, { at: NOW - 120 })).toBe('ok')
    expect(verdict(token, { at: NOW - 121 })).toBe('status-list-later')
  })

  it('ends with its ttl when it has no exp', () => {
    const raw = (payload: object) =>
      signRaw(
        { sub: LIST, iat: NOW, status_list: { bits: 1, lst: 'eNrbuRgAAhcBXQ' }, ...payload },
        [],
        {
          ...{ alg: 'ES256', typ: 'statuslist+jwt', kid: KID },
        },
      ).slice(0, -1)
    expect(verdict(raw({ ttl: 10 }), { at: NOW + 9 })).toBe('ok')
    expect(verdict(raw({ ttl: 10 }), { at: NOW + 10 })).toBe('status-list-expired')
    expect(verdict(raw({}), { at: NOW + 1_000_000 })).toBe('ok')
    for (const wrong of [
      { sub: 1 },
      { iat: 'x' },
      { iss: 1 },
      { exp: 'x' },
      { ttl: 0 },
      { ttl: -1 },
      { status_list: 1 },
    ]) {
      expect(verdict(raw(wrong))).toBe('status-list-malformed')
    }
    expect(verdict(raw({ status_list: { bits: 9, lst: 'x' } }))).toBe('status-bits-not-allowed')
  })

  it('refuses a credential and other types as a list', () => {
    const credential = signRaw({ iss: ISSUER, vct: 'x', sub: LIST, iat: NOW }).slice(0, -1)
    expect(verdict(credential)).toBe('type-not-allowed')
    expect(verdict(undefined as never)).toBe('status-list-malformed')
  })

  it('refuses each change of one character', () => {
    const token = issueStatusList([[5, 1]])
    const accepted = [...mutations(token)].filter((text) => verdict(text) === 'ok')
    expect(accepted).toEqual([])
  })
})

describe('readStatusListToken', () => {
  it('says what a token claims', () => {
    expect(readStatusListToken(issueStatusList())).toEqual({
      ok: true,
      value: {
        uri: LIST,
        issuer: undefined,
        kid: KID,
        issuedAt: NOW - 60,
        expires: NOW + 3600,
        ttl: 300,
      },
    })
    expect(readStatusListToken('x')).toMatchObject({ ok: false, code: 'status-list-malformed' })
  })
})
