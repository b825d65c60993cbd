import { describe, expect, it } from 'vitest'

import { createLineWriter } from './log-lines.ts'

function written(colours: boolean, line: string): string {
  let text = ''
  const writer = createLineWriter((more) => {
    text += more
  }, colours)
  writer.show('issuer', line)
  return text
}

const LINE = JSON.stringify({ level: 40, time: 0, pid: 1, msg: 'went', id: 7, at: { port: 1 } })

describe('show', () => {
  it('writes a log record as a person reads it', () => {
    expect(written(false, LINE)).toBe('issuer       00:00:00.000 warn  went id=7 at.port=1\n')
  })

  it('colours only where asked to', () => {
    expect(written(true, LINE)).toContain('\u001b[36missuer')
    expect(written(false, LINE)).not.toContain('\u001b')
  })

  it('leaves what is no record as it is', () => {
    expect(written(false, 'plain words')).toBe('issuer       plain words\n')
  })

  it('shows the stack of an error only where somebody must act', () => {
    const record = { time: 0, msg: 'went', err: { message: 'away', stack: 'Error: away\n at x' } }
    expect(written(false, JSON.stringify({ level: 40, ...record }))).toContain('went (away)\n')
    expect(written(false, JSON.stringify({ level: 50, ...record }))).toContain('at x')
  })
})
