import { createAccessTokens } from '../access-token.ts'
import { EXIT } from './exit-codes.ts'
import { chooseProfile, isExposed, optionsOf, saveProfile } from './profiles.ts'
import type { Print, Terminal } from './terminal.ts'

/** lexchange login [CLIENTS_FILE CLIENT_ID]: proves that it works, then remembers file and client, and no key. */
export async function logIn(
  { terminal, print }: { terminal: Terminal; print: Print },
  name: string,
  file: string | undefined,
  client: string | undefined,
): Promise<number> {
  const { env, signal } = terminal
  const named = file !== undefined && client !== undefined ? { clients: file, client } : undefined
  const profile = named ?? chooseProfile(env, name)
  const options = optionsOf(profile.clients, profile.client)
  if (isExposed(profile.clients))
    print.note(`${profile.clients} holds keys and can be read by others: chmod 600`)
  await createAccessTokens(options).get(signal)
  if (named) saveProfile(env, name, named)
  const { issuer } = options
  print.answer({ profile: name, client: profile.client, issuer }, () => [
    `Logged in as ${profile.client} at ${issuer}, profile ${name}`,
  ])
  return EXIT.ok
}
