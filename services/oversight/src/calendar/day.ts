const HOUR = 3_600_000
const DAY = 24 * HOUR
/** China has one time, UTC+8, without a summer time. */
const OFFSET = 8 * HOUR

/** The day in China of a moment, `2026-11-24`. */
export function dayOf(time: number): string {
  return new Date(time + OFFSET).toISOString().slice(0, 10)
}

/** From when until before when a day of China lasts. */
export function spanOf(day: string): { from: Date; to: Date } {
  const start = Date.parse(`${day}T00:00:00.000Z`) - OFFSET
  return { from: new Date(start), to: new Date(start + DAY) }
}

/** The same for a month of China, `2026-11`. */
export function spanOfMonth(month: string): { from: Date; to: Date } {
  const [year = 0, number = 0] = month.split('-').map(Number)
  const from = Date.UTC(year, number - 1, 1) - OFFSET
  return { from: new Date(from), to: new Date(Date.UTC(year, number, 1) - OFFSET) }
}

/** The day so many days later, or earlier. */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + days * DAY).toISOString().slice(0, 10)
}
