import type { Entry } from './entry.ts'

export function toAnswer({ data, revision, createdAt, updatedAt }: Entry): Record<string, unknown> {
  return {
    ...data,
    revision,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  }
}
