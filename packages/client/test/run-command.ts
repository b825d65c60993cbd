import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'

import { runLexchange } from '../src/command/run-lexchange.ts'
import type { FakeExchange } from './fake-exchange.ts'

export type Ran = { code: number; out: string; err: string }

class Memory extends Writable {
  text = ''
  isTTY = false
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.text += chunk.toString()
    done()
  }
}

/** Runs the command as a person at a terminal would (`tty`), or a program. */
export async function runCommand(
  folder: string,
  args: readonly string[],
  { tty = false, signal = new AbortController().signal } = {},
): Promise<Ran> {
  const [stdout, stderr] = [new Memory(), new Memory()]
  stdout.isTTY = tty
  const env = { LEXCHANGE_CONFIG: join(folder, 'config') }
  const code = await runLexchange(args, { stdout, stderr, env, signal })
  return { code, out: stdout.text, err: stderr.text }
}

/** A file of clients for the exchange, as the local default writes it. */
export function writeClients(folder: string, { options }: FakeExchange): string {
  const { tokenEndpoint, issuer, services, clientId, privateKeyJwk } = options
  const clients = [{ clientId, scopes: ['license:verify'], privateKeyJwk }]
  const file = join(folder, 'clients.json')
  const content = JSON.stringify({ tokenEndpoint, issuer, services, clients })
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
