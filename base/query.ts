/** What a request asks for behind its path: whole numbers and names within bounds; and rows as text. Pure. */

/** Answered with 400 and the message. */
export class BadRequest extends Error {}

export interface Bounds {
  readonly least: number
  readonly most: number
  readonly otherwise: number
}

/** Throws `BadRequest`. */
export function numberIn(query: URLSearchParams, name: string, { least, most, otherwise }: Bounds): number {
  const text = query.get(name)
  if (text === null) return otherwise
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw new BadRequest(`${name} must be a whole number from ${least} to ${most}`)
}

/** Throws `BadRequest`. */
export function nameIn(query: URLSearchParams, name: string): string {
  const text = query.get(name) ?? ''
  if (/^[A-Za-z0-9_:./-]{1,80}$/.test(text)) return text
  throw new BadRequest(`${name} is missing or no name`)
}

/** Whether a table is asked for. Throws `BadRequest`. */
export function wantsCsv(query: URLSearchParams): boolean {
  const format = query.get('format') ?? 'json'
  if (format === 'csv' || format === 'json') return format === 'csv'
  throw new BadRequest('format must be json or csv')
}

/** A reply of comma-separated values, with a line of names first. No cell may hold a comma, a quote or a line's end. */
export class Csv {
  readonly text: string

  constructor(names: readonly string[], rows: readonly (readonly (string | number | null)[])[]) {
    this.text = [names, ...rows].map((row) => `${row.map((cell) => cell ?? '').join(',')}\n`).join('')
  }

  /** A line for each row, of its fields of these names. */
  static of<K extends string>(
    names: readonly K[],
    rows: readonly Readonly<Record<K, string | number | null>>[],
  ): Csv {
    return new Csv(
      names,
      rows.map((row) => names.map((name) => row[name])),
    )
  }
}
