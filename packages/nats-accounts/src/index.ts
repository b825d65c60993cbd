export {
  type AccountKeys,
  type AccountState,
  departmentCredentials,
  encodeExchangeAccount,
  publicKeyOf,
  saysTheSame,
} from './exchange-account.ts'
export {
  accountKeysOf,
  accountOf,
  allServiceCredentials,
  createNatsIdentity,
  createNatsSigningKeys,
  type NatsIdentity,
  type NatsKeys,
  type NatsSigningKeys,
  renderTrust,
} from './nats-keys.ts'
export { parseAccountKeys } from './parse-account-keys.ts'
export {
  departmentInbox,
  departmentPermissions,
  type Permissions,
  SERVICES,
  type Service,
  serviceInbox,
  servicePermissions,
} from './permissions.ts'
