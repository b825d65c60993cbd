import { dayAfter } from '../../src/calendar/day.ts'
import { ABUSES } from './abuses.ts'
import type { Year } from './simulate-year.ts'

const ROW = 14
const LEFT = 150
const TOP = 46
const PER_DAY = 2.2

/** The year as a picture: a line per department, abuse as a bar, each finding as a dot. */
export function drawYear({ departments, found, mistaken }: Year): string {
  const ids = departments.map(({ id }) => id).sort()
  const y = (id: string) => TOP + ids.indexOf(id) * ROW
  const x = (day: string) =>
    LEFT + ((Date.parse(day) - Date.parse('2026-01-01')) / 86_400_000) * PER_DAY
  const width = LEFT + 366 * PER_DAY + 20
  const height = TOP + ids.length * ROW + 20
  const dot = (day: string, id: string, color: string) =>
    `<circle cx="${x(day).toFixed(1)}" cy="${y(id)}" r="2.6" fill="${color}"/>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" font-family="sans-serif" font-size="10">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="8" y="16" font-size="12">40 departments in a simulated year: bars are abuse that was seeded, dots are findings (red: right, blue: false)</text>`,
    ...Array.from({ length: 12 }, (_, month) => {
      const day = `2026-${String(month + 1).padStart(2, '0')}-01`
      return `<text x="${x(day).toFixed(1)}" y="34" fill="#666">${day.slice(0, 7)}</text><line x1="${x(day).toFixed(1)}" x2="${x(day).toFixed(1)}" y1="38" y2="${height - 14}" stroke="#ddd"/>`
    }),
    ...ids.map((id) => `<text x="8" y="${y(id) + 3}" fill="#333">${id}</text>`),
    ...ABUSES.map(
      ({ department, from, to }) =>
        `<rect x="${x(from).toFixed(1)}" y="${y(department) - 5}" width="${(x(dayAfter(to, 1)) - x(from)).toFixed(1)}" height="10" fill="#f6c6a8"/>`,
    ),
    ...found.flatMap(({ findings }) => findings.map((f) => dot(f.day, f.department, '#c0232c'))),
    ...mistaken.map((finding) => dot(finding.day, finding.department, '#2457c5')),
    '</svg>',
    '',
  ].join('\n')
}
