/** What a venue of the development world is: a function from a GET to a JSON reply. */
import type { Book } from './books.js'

/** A JSON reply; `status` 200 unless said otherwise. */
export interface Reply {
  readonly status?: number
  readonly body: unknown
}

/** Answers one GET in a venue's own shape, or undefined for a path that the venue does not have. */
export type Answer = (
  path: string,
  query: URLSearchParams,
  books: readonly Book[],
  now: number,
) => Reply | undefined

export const ok = (body: unknown): Reply => ({ body })
