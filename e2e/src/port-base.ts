import { randomInt } from 'node:crypto'

/** Ten ports for a system of a test, below those that the system gives to outgoing connections. */
export function randomPortBase(): number {
  return 10_000 + 10 * randomInt(2_000)
}
