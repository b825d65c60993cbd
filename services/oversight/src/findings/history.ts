import type { Calendar } from '../calendar/index.ts'
import { createPast, type Past, usual } from './past.ts'
import { high, median, odds } from './statistics.ts'
import type { DaySummary } from './summary.ts'

/** What departments of a kind have in common at the moment. */
export type Peers = {
  count: number
  /** Days like this one that most of them have behind them. */
  days: number
  /** Holders of the day over those of a usual day. */
  ratio: number
  /** Usual days of now over those of some months ago. */
  drift: number
  /** Usual share of answers with a sensitive field. */
  sensitive: number
  /** The most holders that one of them has on its busiest days. */
  holders: number
}

type Figures = ReturnType<typeof figuresOf>

const FEW_PEERS = 3
/** A share of fewer answers says nothing. */
const LEAST_ANSWERS = 20

export type History = Past & {
  /** What peers do is worked out once a round. */
  beginRound(): void
  peersOf(department: string, day: string): Peers
}

/** Past days, and what the peers of a department do. */
export function createHistory(kindOf: (department: string) => string, calendar: Calendar): History {
  const past = createPast(calendar)
  const figures = new Map<string, Figures>()

  function figuresOnce(department: string, day: string): Figures {
    const key = `${department} ${day}`
    const known = figures.get(key) ?? figuresOf(past, department, day)
    figures.set(key, known)
    return known
  }

  return {
    ...past,
    beginRound: () => figures.clear(),
    peersOf(department, day) {
      const others = past.departments().filter((each) => each !== department)
      const alike = others.filter((each) => kindOf(each) === kindOf(department))
      const chosen = alike.length >= FEW_PEERS ? alike : others
      return together(chosen.map((each) => figuresOnce(each, day)))
    },
  }
}

function figuresOf(past: Past, department: string, day: string) {
  const own = past.past(department, day, 'breadth')
  const today = past.summaryOf(department, day)
  const normal = usual(own)
  return {
    days: own.length,
    ratio: normal > 0 && today ? today.holders / normal : undefined,
    drift: past.driftOf(department, day),
    sensitive: median(sensitiveShares(own)),
    holders: high(own.map(({ holders }) => holders)),
  }
}

function together(peers: readonly Figures[]): Peers {
  const middle = (name: 'days' | 'ratio' | 'drift' | 'sensitive') =>
    median(peers.flatMap((each) => each[name] ?? []))
  return {
    count: peers.length,
    days: middle('days') ?? 0,
    ratio: middle('ratio') ?? 1,
    drift: middle('drift') ?? 1,
    sensitive: middle('sensitive') ?? 0,
    holders: peers.reduce((most, { holders }) => Math.max(most, holders), 0),
  }
}

export function sensitiveShares(days: readonly DaySummary[]): number[] {
  return days
    .filter(({ answered }) => answered >= LEAST_ANSWERS)
    .map(({ sensitive, answered }) => sensitive / answered)
}

export function oddsOfShares(shares: readonly number[]): number {
  return odds(high(shares))
}
