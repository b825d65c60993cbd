import { describe, expect, it } from 'vitest'

import { looksLike, readPage } from './read-page.ts'

const PAGE = `
\`\`\`sh stays
npm start
\`\`\`

\`\`\`text
ready
\`\`\`

\`\`\`ts
// check.ts
check()
\`\`\`

\`\`\`ts
fragment()
\`\`\`

\`\`\`sh
node check.ts
\`\`\`

\`\`\`json
{"verdict":"valid"}
\`\`\`
`

describe('readPage', () => {
  it('finds what is typed, what is saved, and what appears', () => {
    expect(readPage(PAGE)).toEqual([
      {
        kind: 'commands',
        code: 'npm start\n',
        stay: true,
        expected: { text: 'ready\n', whole: false },
      },
      { kind: 'file', name: 'check.ts', content: '// check.ts\ncheck()\n' },
      {
        kind: 'commands',
        code: 'node check.ts\n',
        stay: false,
        expected: { text: '{"verdict":"valid"}\n', whole: true },
      },
    ])
  })

  it('refuses output that nothing makes', () => {
    expect(() => readPage('```json\n{}\n```\n')).toThrow('nothing is typed')
  })
})

describe('looksLike', () => {
  it.each([
    ['{"a": 1,\n "b": "…"}', true, '{"a":1,"b":"x"}', true],
    ['{"a": 1}', true, 'warning {"a":1}', false],
    ['{"a": 1}', false, 'warning {"a":1}', true],
    ['{"a": 1,…}', true, '{"a":2,"b":1}', false],
    ['a.b', false, 'axb', false],
    ['first … second', false, 'second first', false],
  ])('compares %j (whole: %s) with %j: %s', (expected, whole, actual, same) => {
    expect(looksLike(expected, whole, actual)).toBe(same)
  })
})
