import { createPulse } from '@lexchange/events'
import type { Logger } from 'pino'
import { Gauge, type Registry } from 'prom-client'

import { checkStatusLists } from './check-status-lists.ts'
import { type PublishDeps, publishStatusList } from './publish-status-list.ts'
import { listDue } from './status-list.repository.ts'

export type StatusListsOptions = PublishDeps & {
  log: Logger
  metrics: Registry
  /** How often the published lists are compared with the licenses, in seconds. */
  checkSeconds: number
}

/** How often changes are looked for, and how soon a list is signed again at the earliest, in ms. */
const LOOK_EVERY = 250
const SIGN_EVERY = 1_000

/** Signs lists that have changed or end soon, and compares what is published with the licenses. */
export function startStatusLists(options: StatusListsOptions) {
  // One for each: a pulse wakes one sleeper.
  const pulses = [createPulse(), createPulse()] as const
  const running = Promise.all([signDue(options, pulses[0]), checkAlways(options, pulses[1])])
  return {
    async stop() {
      for (const pulse of pulses) pulse.stop()
      await running
    },
  }
}

type Pulse = ReturnType<typeof createPulse>

async function signDue(options: StatusListsOptions, pulse: Pulse): Promise<void> {
  const { db, log, now, lifetimeSeconds } = options
  while (!pulse.stopped) {
    try {
      const at = now()
      const time = at.getTime()
      const endingBefore = new Date(time + (lifetimeSeconds / 2) * 1000)
      const signedBefore = new Date(time - SIGN_EVERY)
      // One that cannot be signed, e.g. for want of its authority's key, holds up no other.
      for (const id of await listDue(db, { at, endingBefore, signedBefore }))
        await publishStatusList(options, id).catch((err: unknown) =>
          log.warn(
            { err, listId: id },
            'a status list is not signed yet: the one before is served',
          ),
        )
    } catch (err) {
      log.warn({ err }, 'status lists that are due could not be found')
    }
    await pulse.wait(LOOK_EVERY)
  }
}

async function checkAlways(options: StatusListsOptions, pulse: Pulse): Promise<void> {
  const { log, checkSeconds, metrics } = options
  const registers = [metrics]
  const wrong = new Gauge({
    name: 'status_list_wrong_entries',
    help: 'Entries of published status lists that are not what the license is: always 0',
    registers,
  })
  const late = new Gauge({
    name: 'status_list_late_entries',
    help: 'Changes that the published lists lack for longer than they should',
    registers,
  })
  while (!pulse.stopped) {
    try {
      const faults = await checkStatusLists(options)
      wrong.set(faults.filter(({ fault }) => fault !== 'late').length)
      late.set(faults.filter(({ fault }) => fault === 'late').length)
      for (const fault of faults.slice(0, 20)) log.error(fault, 'a status list is wrong')
    } catch (err) {
      log.warn({ err }, 'status lists could not be checked')
    }
    await pulse.wait(checkSeconds * 1000)
  }
}
