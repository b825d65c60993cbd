import type { Static } from 'typebox'

import { entryRoutes } from './directory.routes.ts'
import { Client, ClientChange, NewClient } from './directory.schemas.ts'
import { toAnswer } from './entry-answer.ts'
import { newClient } from './new-entry.ts'

export const clientRoutes = entryRoutes<'client'>({
  kind: 'client',
  plural: 'clients',
  schemas: { new: NewClient, change: ClientChange, answer: Client },
  toEntry: (body: Static<typeof NewClient>) => ({
    data: newClient(body),
    publicKey: body.publicKeyJwk,
  }),
  toChange: ({ publicKeyJwk, tokenBinding, ...data }: Static<typeof ClientChange>) => ({
    data: { ...data, ...(tokenBinding && { tokenBinding }) },
    ...(tokenBinding === null && { without: ['tokenBinding'] }),
    publicKey: publicKeyJwk,
  }),
  toAnswer(entry) {
    const { id, ...client } = toAnswer(entry)
    return { clientId: id, ...client, publicKeyJwk: entry.publicKey }
  },
})
