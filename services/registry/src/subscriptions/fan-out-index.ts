import { covers } from '@lexchange/agreements'
import type { AgreementEntry } from '@lexchange/contracts'

import { type EventPlace, matches, type Subscription } from './subscription.ts'

export type Matching = {
  /** Subscriptions that an event is copied to. */
  inside: readonly Subscription[]
  /** Those whose filter it matches, but whose department's agreements do not cover it any more. */
  outside: readonly Subscription[]
}

/** Agreements begin and end by time too, so what was found holds only so long, in ms. */
const HOLDS = 1_000

/**
 * Finds the subscriptions of an event. Each kind of event (type, region, event) is compared with all of
 * them once; whatever follows of it costs one look into a map.
 */
export function createFanOutIndex(
  agreements: readonly AgreementEntry[],
  now: () => Date,
  carried: Iterable<Subscription> = [],
) {
  const subscriptions = new Map([...carried].map((each) => [each.id, each]))
  const agreementsOf = Map.groupBy(agreements, ({ departmentId }) => departmentId)
  let found = new Map<string, Matching>()
  let since = 0

  function isGranted({ departmentId }: Subscription, { type, region }: EventPlace): boolean {
    const asked = { departmentId, type, region, now: now().getTime() }
    return (agreementsOf.get(departmentId) ?? []).some((each) => covers(each, asked))
  }

  function matchingOf(place: EventPlace, among: Iterable<Subscription>): Matching {
    const matching = [...among].filter(({ filter }) => matches(filter, place))
    return {
      inside: matching.filter((each) => isGranted(each, place)),
      outside: matching.filter((each) => !isGranted(each, place)),
    }
  }

  return {
    has: (id: string) => subscriptions.has(id),
    carried: (): Iterable<Subscription> => subscriptions.values(),
    add(subscription: Subscription) {
      subscriptions.set(subscription.id, subscription)
      found = new Map()
    },
    find(place: EventPlace): Matching {
      const at = now().getTime()
      if (Math.abs(at - since) > HOLDS) {
        found = new Map()
        since = at
      }
      const key = `${place.type} ${place.region} ${place.event}`
      const known = found.get(key) ?? matchingOf(place, subscriptions.values())
      found.set(key, known)
      return known
    },
    /** For one that is not carried with the others, but catches up. */
    findFor: (subscription: Subscription, place: EventPlace) => matchingOf(place, [subscription]),
  }
}

export type FanOutIndex = ReturnType<typeof createFanOutIndex>
