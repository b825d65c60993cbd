import { SingleBar } from 'cli-progress'

type Output = { write(text: string): unknown; readonly isTTY?: boolean | undefined }

/** What a command is run by. */
export type Terminal = {
  readonly stdout: Output
  readonly stderr: Output & NodeJS.WritableStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}

export type Print = {
  /** The answer: lines for people, one JSON text for programs. */
  answer(value: unknown, lines: () => readonly string[]): void
  /** What is said beside the answer; programs do not get it. */
  note(line: string): void
  progress(total: number, unit: string): Progress
  readonly json: boolean
}

export type Progress = { update(value: number, total?: number): void; stop(): void }

/** JSON where it is asked for, or where nobody looks. */
export function createPrint({ stdout, stderr }: Terminal, asked: boolean | undefined): Print {
  const json = asked ?? !stdout.isTTY
  return {
    json,
    answer(value, lines) {
      stdout.write(`${json ? JSON.stringify(value) : lines().join('\n')}\n`)
    },
    note(line) {
      if (!json || stderr.isTTY) stderr.write(`${line}\n`)
    },
    progress: (total, unit) => (stderr.isTTY ? startBar(stderr, total, unit) : SILENT),
  }
}

const SILENT: Progress = { update: () => {}, stop: () => {} }

function startBar(stream: NodeJS.WritableStream, total: number, unit: string): Progress {
  const format = `{bar} {percentage} % | {value}/{total} ${unit} | {duration_formatted} | ETA {eta_formatted}`
  const bar = new SingleBar({ stream, format, hideCursor: true, barsize: 24, etaBuffer: 200 })
  bar.start(total, 0)
  return {
    update(value, of) {
      if (of !== undefined) bar.setTotal(of)
      bar.update(value)
    },
    stop: () => bar.stop(),
  }
}

/** Rows with their columns under each other. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length)
    })
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
