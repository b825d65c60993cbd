import type { Static } from 'typebox'

import { entryRoutes } from './directory.routes.ts'
import { Authority, AuthorityChange, NewAuthority } from './directory.schemas.ts'
import { toAnswer } from './entry-answer.ts'
import { newAuthority } from './new-entry.ts'

export const authorityRoutes = entryRoutes<'authority'>({
  kind: 'authority',
  plural: 'authorities',
  schemas: { new: NewAuthority, change: AuthorityChange, answer: Authority },
  toEntry: (body: Static<typeof NewAuthority>) => ({ data: newAuthority(body), publicKey: null }),
  toChange: (body: Static<typeof AuthorityChange>) => ({ data: body }),
  toAnswer,
})
