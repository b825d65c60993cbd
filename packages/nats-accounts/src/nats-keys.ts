import { randomBytes } from 'node:crypto'

import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from '@nats-io/jwt'
import { createAccount, createOperator } from '@nats-io/nkeys'

import { type AccountKeys, encodeExchangeAccount, SERVICE_LIMITS } from './exchange-account.ts'
import { deriveKey, keyOf, textOf } from './keys.ts'
import {
  SERVICES,
  type Service,
  serviceInbox,
  servicePermissions,
  toClaims,
} from './permissions.ts'

/** What stays for as long as the installation: streams belong to the account. */
export type NatsIdentity = {
  operatorSeed: string
  systemAccountSeed: string
  exchangeAccountSeed: string
}

/** What may be made anew: then every credential that was given out before is refused. */
export type NatsSigningKeys = {
  operatorSigningSeed: string
  /** Secrets in base64 that the keys of services and of departments are derived from. */
  serviceSecret: string
  departmentSecret: string
  /** Public; signed once, so that a server does not take an old one for news at each start. */
  operatorJwt: string
  systemAccountJwt: string
  exchangeAccountJwt: string
}

export type NatsKeys = { identity: NatsIdentity; signing: NatsSigningKeys }

/** Operator, system account and the account of the exchange, for the first start. */
export function createNatsIdentity(): NatsIdentity {
  return {
    operatorSeed: textOf(createOperator()),
    systemAccountSeed: textOf(createAccount()),
    exchangeAccountSeed: textOf(createAccount()),
  }
}

/** The keys that sign accounts and users; they take the place of those before. */
export async function createNatsSigningKeys(identity: NatsIdentity): Promise<NatsSigningKeys> {
  const operatorSigningSeed = textOf(createOperator())
  const [serviceSecret, departmentSecret] = [randomSecret(), randomSecret()]
  const signer = keyOf(operatorSigningSeed)
  const system = keyOf(identity.systemAccountSeed)
  const operatorJwt = await encodeOperator('lexchange', keyOf(identity.operatorSeed), {
    signing_keys: [signer.getPublicKey()],
    system_account: system.getPublicKey(),
  })
  const systemKey = systemSigningKey(serviceSecret).getPublicKey()
  const limits = { ...SERVICE_LIMITS }
  const signing_keys = [systemKey]
  const systemAccountJwt = await encodeAccount(
    'system',
    system,
    { limits, signing_keys },
    { signer },
  )
  const signing = { operatorSigningSeed, serviceSecret, departmentSecret, operatorJwt }
  const exchangeAccountJwt = await encodeExchangeAccount(
    await accountKeysOf({
      identity,
      signing: { ...signing, systemAccountJwt, exchangeAccountJwt: '' },
    }),
    { departments: [], revoked: [] },
  )
  return { ...signing, systemAccountJwt, exchangeAccountJwt }
}

function randomSecret(): string {
  return randomBytes(32).toString('base64')
}

function serviceSigningKey(secret: string) {
  return deriveKey(secret, 'account', 'services')
}

function systemSigningKey(secret: string) {
  return deriveKey(secret, 'account', 'system')
}

/** The part that the registry needs to let departments in and out. */
export async function accountKeysOf({ identity, signing }: NatsKeys): Promise<AccountKeys> {
  const account = keyOf(identity.exchangeAccountSeed).getPublicKey()
  return {
    account,
    serviceSigningKey: serviceSigningKey(signing.serviceSecret).getPublicKey(),
    operatorSigningSeed: signing.operatorSigningSeed,
    departmentSecret: signing.departmentSecret,
    systemCredentials: await systemCredentials({ identity, signing }, account),
  }
}

/** Text of the .creds file of a service; the same user each time. */
async function serviceCredentials(keys: NatsKeys, service: Service): Promise<string> {
  const { identity, signing } = keys
  const user = deriveKey(signing.serviceSecret, 'user', service)
  const account = keyOf(identity.exchangeAccountSeed).getPublicKey()
  const claims = toClaims(servicePermissions(service))
  const signer = serviceSigningKey(signing.serviceSecret)
  return credsText(await encodeUser(service, user, account, claims, { signer }), user)
}

/** May change the account of the exchange, and nothing else. */
async function systemCredentials({ identity, signing }: NatsKeys, account: string) {
  const user = deriveKey(signing.serviceSecret, 'user', 'accounts')
  const claims = toClaims({
    publish: ['$SYS.REQ.CLAIMS.UPDATE', `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`],
    subscribe: [`${serviceInbox('accounts')}.>`],
  })
  const system = keyOf(identity.systemAccountSeed).getPublicKey()
  const signer = systemSigningKey(signing.serviceSecret)
  return credsText(await encodeUser('accounts', user, system, claims, { signer }), user)
}

function credsText(token: string, user: Parameters<typeof fmtCreds>[1]): string {
  return Buffer.from(fmtCreds(token, user)).toString()
}

/** The part of a nats-server's configuration that says whom it trusts; it holds no secret. */
export function renderTrust({ identity, signing }: NatsKeys, folder: string): string {
  const system = keyOf(identity.systemAccountSeed).getPublicKey()
  const account = keyOf(identity.exchangeAccountSeed).getPublicKey()
  return [
    `operator: "${signing.operatorJwt}"`,
    `system_account: "${system}"`,
    `resolver { type: full, dir: ${JSON.stringify(folder)}, allow_delete: false, interval: "2m" }`,
    'resolver_preload {',
    `  ${system}: "${signing.systemAccountJwt}"`,
    `  ${account}: "${signing.exchangeAccountJwt}"`,
    '}',
    // The claims of the account list what each department may do, and travel as one message.
    'max_payload: 8MB',
    '',
  ].join('\n')
}

/** The account that the streams belong to. */
export function accountOf(identity: NatsIdentity): string {
  return keyOf(identity.exchangeAccountSeed).getPublicKey()
}

/** Credentials of every service, by name. */
export async function allServiceCredentials(keys: NatsKeys): Promise<Record<Service, string>> {
  const texts = await Promise.all(
    SERVICES.map(async (service) => [service, await serviceCredentials(keys, service)] as const),
  )
  return Object.fromEntries(texts) as Record<Service, string>
}
