import { type TObject, type TProperties, Type } from 'typebox'

import type { Holder } from '../license.ts'

/** `personal` and `secret` never leave the issuer in the clear. */
export type Classification = 'public' | 'personal' | 'secret'

export type SealKind = 'official' | 'finance' | 'contract' | 'invoice' | 'legal-representative'

/** `holder-uscc`: the number is the holder's USCC; `own`: the authority gives a number. */
export type NumberRule = 'holder-uscc' | 'own'

/** An entry of the catalogue. */
export type LicenseType = {
  readonly code: string
  /** Of the entry, from 1. */
  readonly version: number
  readonly title: string
  readonly description: string
  /** 18-character USCC of the authority that defines the type, and 3 digits (GB/T 36904). */
  readonly nationalType: string
  /** Where `nationalType` comes from, and whether it is certain. */
  readonly nationalTypeSource: string
  readonly holders: readonly Holder['kind'][]
  /** Kinds of seals that are issued with it. */
  readonly seals: readonly SealKind[]
  readonly numberRule: NumberRule
  /** JSON Schema of the claims; unknown claims are refused. */
  readonly claims: TObject
  /** One for each claim. */
  readonly classification: Readonly<Record<string, Classification>>
}

type Definition = Omit<LicenseType, 'claims' | 'classification'> & {
  readonly claims: Readonly<Record<Classification, TProperties>>
}

/** Builds an entry from claims grouped by their classification, so that none can be without one. */
export function defineLicenseType({ claims, ...entry }: Definition): LicenseType {
  const classes = Object.entries(claims) as [Classification, TProperties][]
  return Object.freeze({
    ...entry,
    claims: Type.Object(
      { ...claims.public, ...claims.personal, ...claims.secret },
      { additionalProperties: false },
    ),
    classification: Object.fromEntries(
      classes.flatMap(([name, fields]) => Object.keys(fields).map((field) => [field, name])),
    ),
  })
}
