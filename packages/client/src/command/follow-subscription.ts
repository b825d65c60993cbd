import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { LicenseEvent } from '../answers.ts'
import type { LexchangeClient } from '../client.ts'
import { startDeadline } from '../signals.ts'
import { EXIT } from './exit-codes.ts'
import { configFolder, writePrivate } from './profiles.ts'
import type { Print, Terminal } from './terminal.ts'

export type FollowOptions = {
  /** Goes on for ever; else it ends when nothing came for a while. */
  follow: boolean
  /** Id of the event behind which to begin; else behind the last one that was printed. */
  after?: string
  /** Text of a .creds file. */
  credentials?: string
  idleMs: number
}

type Deps = { client: LexchangeClient; terminal: Terminal; print: Print; profile: string }
type Place = { keep(id: string | undefined): void; save(): void; after: string | undefined }

/** lexchange subscribe ID: an event a line. */
export async function followSubscription(
  { client, terminal, print, profile }: Deps,
  id: string,
  { follow, credentials, idleMs, ...options }: FollowOptions,
): Promise<number> {
  const place = openPlace(
    join(configFolder(terminal.env), 'subscriptions', `${profile}.${plain(id)}.json`),
  )
  const after = options.after ?? place.after
  const idle = follow ? undefined : startDeadline(idleMs, terminal.signal)
  const events = client.subscribe(id, {
    signal: idle?.signal ?? terminal.signal,
    ...(credentials === undefined ? after !== undefined && { after } : { credentials }),
  })
  if (after !== undefined && credentials === undefined) print.note(`Going on behind ${after}`)
  try {
    for await (const event of events) {
      print.answer(event, () => [describe(event)])
      place.keep(events.lastEventId)
      idle?.restart()
    }
  } finally {
    idle?.clear()
    place.save()
  }
  return terminal.signal.aborted ? EXIT.interrupted : EXIT.ok
}

function describe({ time, type, subject, sequence, data }: LicenseEvent): string {
  const what = type.split('.')[2] ?? type
  return `${time}  ${what.padEnd(10)}  ${data.type} ${data.number}  ${data.status}  event ${sequence ?? '?'} of ${subject}`
}

const SAVE_EVERY_MS = 500

/** Where printing has come to. After a kill the events of half a second may come again. */
function openPlace(file: string): Place {
  let current = read(file)
  let saved = current
  let next = 0
  const save = () => {
    if (current === saved) return
    writePrivate(file, { lastEventId: current })
    saved = current
    next = Date.now() + SAVE_EVERY_MS
  }
  return {
    after: current,
    keep(id) {
      current = id
      if (Date.now() >= next) save()
    },
    save,
  }
}

function read(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { lastEventId?: string }).lastEventId
  } catch {
    return undefined
  }
}

function plain(name: string): string {
  return name.replace(/[^\w-]/g, '_')
}
