import { DomainError } from '@lexchange/problems'
import { type TSchema, Type } from 'typebox'

class CursorInvalidError extends DomainError {
  readonly code = 'cursor-invalid'
  readonly kind = 'malformed'

  constructor() {
    super('The cursor is not one that this list has given out')
  }
}

/** Query members of every list. */
export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: '`nextCursor` of the page before' }),
  ),
}

/** A page of a list. */
export function Page<Item extends TSchema>(item: Item, options: { examples?: unknown[] } = {}) {
  return Type.Object(
    {
      items: Type.Array(item),
      nextCursor: Type.Union([Type.String(), Type.Null()], {
        description: 'Where the next page begins; null on the last one',
      }),
    },
    options,
  )
}

/** Makes an opaque cursor of the values that the next page begins after. */
export function encodeCursor(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

/** @throws a problem `cursor-invalid` */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(values) &&
      values.length === length &&
      values.every((v) => typeof v === 'string')
    )
      return values
  } catch {
    // Falls through: what cannot be read is no cursor of ours.
  }
  throw new CursorInvalidError()
}
