import { expect, it } from 'vitest'

import { mergePatch } from './merge-patch.ts'

// RFC 7396, appendix A
it.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'b' }, ['c'], ['c']],
  [{ a: 'foo' }, null, null],
  [{ a: 'foo' }, 'bar', 'bar'],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: 'b', c: null }, { a: 'b' }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('merges into %j the patch %j', (target, patch, expected) => {
  const before = structuredClone([target, patch])
  expect(mergePatch(target, patch)).toEqual(expected)
  expect([target, patch]).toEqual(before)
})

it('takes a member named __proto__ for what it is: a member', () => {
  const merged = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}')) as object
  expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
  expect(Object.keys(merged)).toEqual(['__proto__'])
})
