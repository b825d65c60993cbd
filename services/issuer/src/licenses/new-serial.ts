import { randomInt } from 'node:crypto'

const SERIAL_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** 20 random characters: no order and no count can be read from it. */
export function newSerial(): string {
  return Array.from({ length: 20 }, () => SERIAL_ALPHABET[randomInt(36)]).join('')
}
