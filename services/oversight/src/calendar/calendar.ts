/** Days that are not what their weekday says: free, or worked to make up for others. */
export type Calendar = ReadonlyMap<string, { working: boolean }>

/** Whether offices are closed on a day (of China). */
export function isFree(calendar: Calendar, day: string): boolean {
  const known = calendar.get(day)
  if (known) return !known.working
  const weekday = new Date(`${day}T00:00:00.000Z`).getUTCDay()
  return weekday === 0 || weekday === 6
}
