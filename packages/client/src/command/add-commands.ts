import { readFileSync } from 'node:fs'

import { type Command, InvalidArgumentError } from 'commander'

import { createApi } from '../api.ts'
import { createClient } from '../client.ts'
import { checkLicense } from './check-license.ts'
import { UsageError } from './exit-codes.ts'
import { followSubscription } from './follow-subscription.ts'
import { importFile } from './import-file.ts'
import { logIn } from './log-in.ts'
import { findOptions, type Who } from './profiles.ts'
import { showStatus } from './show-status.ts'
import { createPrint, type Terminal } from './terminal.ts'
import { verifyList } from './verify-list.ts'

type Global = Who & { json?: true }
type Finish = (code: number) => void
type Context = { program: Command; terminal: Terminal; finish: Finish }

export function addCommands(program: Command, terminal: Terminal, finish: Finish): void {
  const context = { program, terminal, finish }
  for (const add of [addLogin, addCheck, addVerify, addSubscribe, addImport, addStatus])
    add(context)
}

/** What commands work with, once it is known who calls. */
function prepare({ program, terminal }: Context) {
  const global = program.opts<Global>()
  const options = findOptions(terminal.env, global)
  const print = createPrint(terminal, global.json)
  return { options, print, terminal, signal: terminal.signal }
}

function addLogin({ program, terminal, finish }: Context): void {
  program
    .command('login')
    .description('remember a client, or choose one that is remembered (--profile)')
    .argument('[clients-file]', 'file of clients, e.g. clients.json')
    .argument('[client-id]', 'client of that file')
    .action(async (file?: string, client?: string) => {
      const { json, profile } = program.opts<Global>()
      if ((file === undefined) !== (client === undefined) || (!file && !profile))
        throw new UsageError('login CLIENTS_FILE CLIENT_ID, or --profile NAME login')
      const print = createPrint(terminal, json)
      finish(await logIn({ terminal, print }, profile ?? 'default', file, client))
    })
}

function addCheck(context: Context): void {
  context.program
    .command('check')
    .description('what a license is worth')
    .argument('<type>', 'e.g. business-license')
    .argument('<number>', 'what is printed on it')
    .option('--at <time>', 'at an earlier time, RFC 3339')
    .option('--min-position <position>', 'wait until the answer is current to this', count)
    .action(
      async (type: string, number: string, options: { at?: string; minPosition?: number }) => {
        const { options: who, print, signal } = prepare(context)
        const client = createClient(who)
        context.finish(await checkLicense({ client, print }, type, number, { ...options, signal }))
      },
    )
}

type VerifyFlags = Parameters<typeof verifyList>[1]

function addVerify(context: Context): void {
  context.program
    .command('verify')
    .description('check every row of a CSV file; the same command goes on after an interruption')
    .requiredOption('--file <csv>', 'columns number and type (see --number, --type), UTF-8')
    .requiredOption('--out <csv>', 'where results go')
    .requiredOption('--purpose <purpose>', 'why it is asked')
    .requiredOption('--case-ref <reference>', 'your own reference')
    .option('--type <type>', 'type of licenses whose row has none')
    .option('--number <column>', 'column that holds the number', 'number')
    .option('--at <time>', 'at an earlier time, RFC 3339')
    .option('--match <column=field>', 'compare a column with a field; may be given again', pair, [])
    .option('--disclose <fields>', 'fields to disclose, separated by commas', list, [])
    .option('--batch <rows>', 'rows of a request, up to 1000', count, 500)
    .option('--concurrency <requests>', 'requests at a time', count, 2)
    .action(async (flags: VerifyFlags) => {
      const { options: who, print, signal } = prepare(context)
      context.finish(await verifyList({ client: createClient(who), print, signal }, flags))
    })
}

function addSubscribe(context: Context): void {
  context.program
    .command('subscribe')
    .description('print changes, an event a line')
    .argument('<id>', 'of the subscription')
    .option('--follow', 'go on for ever', false)
    .option('--after <event-id>', 'begin behind this event; else behind the last one printed')
    .option('--creds <file>', 'NATS credentials: by JetStream')
    .option('--idle <seconds>', 'without --follow, end when nothing came for so long', count, 3)
    .action(
      async (
        id: string,
        flags: { follow: boolean; after?: string; creds?: string; idle: number },
      ) => {
        const { options: who, print, terminal } = prepare(context)
        const deps = { client: createClient(who), print, terminal, profile: who.profile }
        const { creds, idle, ...rest } = flags
        const credentials = creds === undefined ? {} : { credentials: readText(creds) }
        const options = { ...rest, ...credentials, idleMs: idle * 1_000 }
        context.finish(await followSubscription(deps, id, options))
      },
    )
}

function addImport(context: Context): void {
  context.program
    .command('import')
    .description('import licenses that are already in use, and wait until it is done')
    .argument('<file>', '.csv, .ndjson or .jsonl')
    .option('--type <type>', 'of the licenses; needed for CSV')
    .option('--accept-legacy-uscc', 'take codes of the early pilot', false)
    .option('--again', 'send a file that was sent before as another import', false)
    .action(async (file: string, flags: Parameters<typeof importFile>[2]) => {
      const { options: who, print, signal } = prepare(context)
      context.finish(await importFile({ api: createApi(who), print, signal }, file, flags))
    })
}

function addStatus(context: Context): void {
  context.program
    .command('status')
    .description('what is up, how far it is')
    .action(async () => {
      const { options: who, print } = prepare(context)
      context.finish(await showStatus({ api: createApi(who), print }))
    })
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('A whole number.')
  return value
}

function pair(text: string, before: readonly [string, string][]): [string, string][] {
  const [column, field, ...rest] = text.split('=')
  if (!column || !field || rest.length > 0) throw new InvalidArgumentError('column=field.')
  return [...before, [column, field]]
}

function list(text: string, before: readonly string[]): string[] {
  return [...before, ...text.split(',').filter((name) => name !== '')]
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
