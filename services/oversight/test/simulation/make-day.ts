import type { AccessRecord } from '@lexchange/contracts'

import type { Abuse } from './abuses.ts'
import type { Habits } from './departments.ts'
import type { Random } from './random.ts'

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const HASH = 'A'.repeat(43)
const HOUR = 3_600_000

/** How busy a kind of department is in each month. */
const SEASON: Record<Habits['kind'], readonly number[]> = {
  tax: [1, 1, 1.4, 1.6, 1.6, 1.1, 1, 1, 1, 1.1, 1, 1.2],
  finance: [1.1, 0.8, 1.1, 1, 1, 1.2, 1, 1, 1.1, 1, 1.1, 1.4],
  tendering: [0.8, 0.6, 1, 1.1, 1.1, 1.2, 1, 1, 1.2, 1.2, 1.4, 1.5],
  'market-access': [1, 0.7, 1.2, 1.1, 1, 1, 1, 1, 1.1, 1, 1, 0.9],
}

export type SimulatedDay = { day: string; free: boolean; abuse: Abuse | undefined }

/** What one department asks on one day. */
export function makeDay(habits: Habits, place: SimulatedDay, random: Random): AccessRecord[] {
  const records: AccessRecord[] = []
  const add = (changes: Parameters<typeof record>[3]) =>
    records.push(record(habits, place.day, random, changes))
  const count = Math.max(0, Math.round(busyness(habits, place, random)))
  let caseRef = ''
  for (let each = 0; each < count; each++) {
    if (each % habits.caseSize === 0) caseRef = `${habits.id}/${place.day}/${each}`
    const night = random.chance(habits.night)
    add({
      caseRef,
      night,
      ...kindOfAnswer(habits, random),
      holder: random.integer(1, habits.population),
    })
  }
  if (place.abuse) abuse(habits, place, random, count, add)
  return records
}

function kindOfAnswer({ unknown, refused, sensitive }: Habits, random: Random) {
  if (random.chance(unknown)) return { outcome: 'unknown' }
  if (random.chance(refused)) return { outcome: 'field-not-granted' }
  return { outcome: 'valid', sensitive: random.chance(sensitive) }
}

function busyness(habits: Habits, { day, free }: SimulatedDay, random: Random): number {
  const date = new Date(`${day}T00:00:00.000Z`)
  const yearly = (date.getUTCMonth() * 30 + date.getUTCDate()) / 365
  let mean = habits.size * (1 + habits.growth * yearly)
  mean *= SEASON[habits.kind][date.getUTCMonth()] ?? 1
  if (date.getUTCDate() >= 27) mean *= habits.monthEnd
  if (date.getUTCDay() === 1) mean *= habits.monday
  if (free) mean *= habits.weekend
  else if (habits.batch > 0 && date.getUTCDate() === 10) mean *= habits.batch
  return random.around(mean, 0.18 * mean + Math.sqrt(mean))
}

type Changes = {
  caseRef: string
  outcome: string
  holder: number
  sensitive?: boolean
  night?: boolean
}

type Add = (changes: Changes) => void

function abuse(
  { id, size, population }: Habits,
  { day, free, abuse: found }: SimulatedDay,
  random: Random,
  usual: number,
  add: Add,
): void {
  const stranger = () => population + random.integer(1, 1_000_000)
  const times = (count: number, changes: (each: number) => Partial<Changes>) => {
    for (let each = 0; each < count; each++)
      add({
        ...{ caseRef: `${id}/${day}/x${each}`, outcome: 'valid', holder: stranger() },
        ...changes(each),
      })
  }
  switch (found?.way) {
    case 'unknown':
      times(120, () => ({ outcome: 'unknown' }))
      break
    case 'walk':
      // Negative ones stand side by side.
      times(160, (each) => ({ holder: -1 - each - 1000 * Number(day.slice(8)) }))
      break
    case 'growth': {
      const days = (Date.parse(day) - Date.parse(found.from)) / (24 * HOUR)
      times(free ? 0 : Math.round(size * 0.02 * days), () => ({}))
      break
    }
    case 'case':
      times(320, () => ({ caseRef: `${id}/everything` }))
      break
    case 'sensitive':
      times(Math.max(40, Math.round(usual * 1.5)), () => ({
        holder: random.integer(1, population),
        sensitive: true,
      }))
      break
    case 'night':
      times(70, () => ({ night: true, holder: random.integer(1, population) }))
      break
    case 'refused':
      times(90, () => ({ outcome: 'no-agreement' }))
  }
}

let counted = 0

function record(
  habits: Habits,
  day: string,
  random: Random,
  { caseRef, outcome, holder, sensitive = false, night = false }: Changes,
): AccessRecord {
  const hour = night ? (random.chance(0.5) ? random.integer(0, 5) : 22) : random.integer(8, 18)
  const at = Date.parse(`${day}T00:00:00.000Z`) + (hour - 8) * HOUR + random.integer(0, HOUR - 1)
  const known = outcome !== 'unknown'
  const number = numberOf(known ? holder : 500_000_000 + random.integer(0, 300_000_000))
  return {
    ...{ source: habits.id, sequence: ++counted, previous: HASH, hash: HASH },
    ...{ id: `record-${counted}`, at: new Date(at).toISOString(), region: '440300' },
    ...{ department: habits.id, client: habits.id, action: 'verification' },
    license: { type: 'business-license', number, id: null },
    holder: known ? number : null,
    matched: [],
    disclosed: sensitive ? ['name', 'contactPhone'] : ['name'],
    ...{ purpose: habits.kind, caseRef, agreement: habits.kind, outcome },
    ...{ refused: outcome === 'field-not-granted' || outcome === 'no-agreement' },
    ...{ receipt: false, verificationId: null },
  }
}

/** Scattered over all numbers, as those of real enterprises are; negative ones follow one another. */
function numberOf(holder: number): string {
  let place = holder < 0 ? 400_000_000 - holder : (holder * 104_729 + 12_345) % 852_891_037
  let digits = ''
  for (let each = 0; each < 8; each++) {
    digits = (ALPHABET[place % 31] ?? '0') + digits
    place = Math.floor(place / 31)
  }
  return `91440300${digits}0X`
}
