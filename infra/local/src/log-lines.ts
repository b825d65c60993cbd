/** How lines of several processes are told apart. */
export type LineWriter = {
  /** A word of our own about a process, or about the whole. */
  say(line: string): void
  /** A line of a service's log. */
  show(name: string, line: string): void
}

const RESET = '\u001b[0m'
const NAME_COLOURS: Readonly<Record<string, string>> = {
  issuer: '\u001b[36m',
  registry: '\u001b[35m',
  verification: '\u001b[32m',
}
const LEVELS: Readonly<Record<number, { word: string; colour: string }>> = {
  10: { word: 'trace', colour: '\u001b[2m' },
  20: { word: 'debug', colour: '\u001b[2m' },
  30: { word: 'info', colour: '' },
  40: { word: 'warn', colour: '\u001b[33m' },
  50: { word: 'error', colour: '\u001b[31m' },
  60: { word: 'fatal', colour: '\u001b[31m' },
}
/** Members of a pino line that say nothing to who watches one machine. */
const LEFT_OUT = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name'])

export function createLineWriter(write: (text: string) => void, colours: boolean): LineWriter {
  const paint = (text: string, colour = '') => (colours && colour ? colour + text + RESET : text)
  return {
    say: (text) => {
      for (const line of text.split('\n')) write(`${paint('lexchange   ', '\u001b[1m')} ${line}\n`)
    },
    show: (name, line) => {
      const prefix = paint(name.padEnd(12), NAME_COLOURS[name])
      const { text, colour } = readable(line)
      write(`${prefix} ${paint(text, colour)}\n`)
    },
  }
}

/** A pino line as a person reads it: time, level, message, then what it is about. */
function readable(line: string): { text: string; colour: string } {
  let record: Record<string, unknown>
  try {
    record = JSON.parse(line) as Record<string, unknown>
  } catch {
    return { text: line, colour: '' }
  }
  const { word, colour } = LEVELS[Number(record.level)] ?? {
    word: String(record.level),
    colour: '',
  }
  const time = new Date(Number(record.time))
  const clock = Number.isNaN(time.getTime()) ? '' : time.toISOString().slice(11, 23)
  const about = Object.entries(record)
    .filter(([member]) => !LEFT_OUT.has(member))
    .flatMap(([member, value]) => describe(member, value, Number(record.level) >= 50))
  return { text: [clock, word.padEnd(5), record.msg ?? '', ...about].join(' '), colour }
}

/** A stack is for what somebody must act on; of what passes by itself the reason is enough. */
function describe(member: string, value: unknown, serious: boolean): string[] {
  if (value === null || typeof value !== 'object') return [`${member}=${value}`]
  const { stack, message } = value as { stack?: unknown; message?: unknown }
  if (member === 'err' && !serious) return [`(${message ?? JSON.stringify(value)})`]
  if (member === 'err') return [`\n${stack ?? message ?? JSON.stringify(value)}`]
  if (Array.isArray(value)) return [`${member}=${JSON.stringify(value)}`]
  return Object.entries(value)
    .filter(([, inner]) => inner === null || typeof inner !== 'object')
    .map(([inner, text]) => `${member}.${inner}=${text}`)
}
