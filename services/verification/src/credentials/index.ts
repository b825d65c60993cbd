export { createCredentialCache, type SeenCredential } from './create-credential-cache.ts'
export { createForeignLists, type ForeignLists } from './create-foreign-lists.ts'
