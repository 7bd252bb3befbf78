/** Values of a raw section, each read with its place; what does not fit becomes a problem and a stand-in. */
import { nearest, shown } from '../../config/index.js'

/** One mistake. `path` leads to it through the section. */
export interface PriceProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export type Fields = Readonly<Record<string, unknown>>
type Path = readonly (string | number)[]

/** An object's fields, or undefined for anything else. */
export const fields = (raw: unknown): Fields | undefined =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Fields) : undefined

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

export type Reader = ReturnType<typeof reader>

export function reader(problems: PriceProblem[]) {
  const wrong = (path: Path, expected: string, raw: unknown): void => {
    const found =
      raw === undefined
        ? 'it is missing'
        : `not ${shown(typeof raw === 'string' ? raw : JSON.stringify(raw))}`
    problems.push({ path, message: `must be ${expected}, ${found}` })
  }
  /** `fallback` where nothing is given. */
  const value = <T>(raw: unknown, fallback: T, parse: () => T | undefined, complain: () => void): T => {
    if (raw === undefined || raw === null) return fallback
    const parsed = parse()
    if (parsed !== undefined) return parsed
    complain()
    return fallback
  }

  return {
    problems,
    keys(section: Fields, path: Path, known: readonly string[]): void {
      for (const key of Object.keys(section)) {
        if (known.includes(key)) continue
        const near = nearest(key, known)
        const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean ${near}?`
        problems.push({ path: [...path, key], message: `unknown key; ${hint}` })
      }
    },
    /** `60s`, `5m`, `36h`, `500ms`, `2d`. */
    duration(raw: unknown, path: Path, fallback: number): number {
      const parse = (): number | undefined => {
        const [, digits, unit] =
          /^(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)$/.exec(typeof raw === 'string' ? raw.trim() : '') ?? []
        const ms = Number(digits) * (UNITS[unit ?? ''] ?? NaN)
        return ms > 0 && ms <= 366 * 86_400_000 ? ms : undefined
      }
      return value(raw, fallback, parse, () => wrong(path, 'a duration such as 60s, 5m or 36h', raw))
    },
    /** `1.5%`, or a number from 0 to 10. */
    fraction(raw: unknown, path: Path, fallback: number): number {
      const parse = (): number | undefined => {
        const [, digits] =
          /^(\d{1,4}(?:\.\d{1,6})?)\s*%$/.exec(typeof raw === 'string' ? raw.trim() : '') ?? []
        const read = digits === undefined ? raw : Number(digits) / 100
        return typeof read === 'number' && read > 0 && read <= 10 ? read : undefined
      }
      return value(raw, fallback, parse, () => wrong(path, 'a share such as 1.5%', raw))
    },
    /** Required if there is no fallback; then 1 stands in for a wrong one. */
    number(
      raw: unknown,
      path: Path,
      fallback: number | undefined,
      { min, max }: { min: number; max: number },
    ): number {
      const complain = (): void => wrong(path, `a number from ${min} to ${max}`, raw)
      if ((raw === undefined || raw === null) && fallback === undefined) {
        complain()
        return 1
      }
      const parse = (): number | undefined =>
        typeof raw === 'number' && raw >= min && raw <= max ? raw : undefined
      return value(raw, fallback ?? 1, parse, complain)
    },
    count(raw: unknown, path: Path, min: number, max: number): number | undefined {
      const parse = (): number | undefined =>
        typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max ? raw : undefined
      return value<number | undefined>(raw, undefined, parse, () =>
        wrong(path, `a whole number from ${min} to ${max}`, raw),
      )
    },
    text(raw: unknown, path: Path, fallback: string): string {
      const parse = (): string | undefined => (typeof raw === 'string' && raw.length <= 500 ? raw : undefined)
      return value(raw, fallback, parse, () => wrong(path, 'a text', raw))
    },
    /** One text counts as a list of one. */
    texts(raw: unknown, path: Path): string[] {
      const parse = (): string[] | undefined => {
        const list: unknown[] = Array.isArray(raw) ? raw : [raw]
        return list.length <= 100 && list.every((each) => typeof each === 'string' && each.length <= 500)
          ? (list as string[])
          : undefined
      }
      return value(raw, [], parse, () => wrong(path, 'a list of routes such as ["kraken:BTC/USD"]', raw))
    },
    choice<const T extends string>(raw: unknown, path: Path, words: readonly T[]): T | undefined {
      const found = words.find((word) => word === raw)
      if (found !== undefined) return found
      const near = typeof raw === 'string' ? nearest(raw, words) : undefined
      const hint = near === undefined ? '' : `; did you mean ${near}?`
      const expected = `one of ${words.join(', ')}`
      if (hint === '') wrong(path, expected, raw)
      else problems.push({ path, message: `must be ${expected}, not ${shown(String(raw))}${hint}` })
      return undefined
    },
    oneOf<const T extends string | boolean>(
      raw: unknown,
      path: Path,
      words: readonly T[],
      fallback: NoInfer<T>,
    ): T {
      return value(
        raw,
        fallback,
        () => words.find((word) => word === raw),
        () => wrong(path, `one of ${words.join(', ')}`, raw),
      )
    },
    range(raw: unknown, path: Path, fallback: readonly [number, number]): readonly [number, number] {
      const parse = (): readonly [number, number] | undefined => {
        const [min, max] = Array.isArray(raw) && raw.length === 2 ? (raw as unknown[]) : []
        return typeof min === 'number' && typeof max === 'number' && min > 0 && min <= max
          ? [min, max]
          : undefined
      }
      return value(raw, fallback, parse, () =>
        wrong(path, 'two numbers above 0, the smaller first, such as [0.97, 1.03]', raw),
      )
    },
    /** `2027-03-31`, or with a time; YAML may have made a date of it. Start of the day, UTC ms. */
    date(raw: unknown, path: Path): number | undefined {
      const time =
        raw instanceof Date
          ? raw.getTime()
          : typeof raw === 'string' && /^\d{4}-\d\d-\d\d/.test(raw)
            ? Date.parse(raw)
            : NaN
      if (Number.isFinite(time)) return time
      wrong(path, 'a date such as 2027-03-31', raw)
      return undefined
    },
    url(raw: unknown, path: Path): string | undefined {
      if (raw === undefined || raw === null) return undefined
      if (
        typeof raw === 'string' &&
        raw.length <= 2048 &&
        /^https?:\/\/[^\s/]/.test(raw) &&
        URL.canParse(raw)
      )
        return raw.replace(/\/+$/, '')
      problems.push({ path, message: 'must be an address such as https://api.example.com' })
      return undefined
    },
  }
}

export interface Merged {
  readonly snapshot: Fields
  readonly winners: Fields
  readonly sources: Readonly<Record<string, Fields>>
  readonly indices: Readonly<Record<string, Fields>>
  readonly defaults: Readonly<Record<string, Fields>>
  readonly assets: Readonly<Record<string, Fields>>
}

/** Several raw sections over each other, the last one on top: named things field by field, everything else as it is. */
export function mergeSections(layers: readonly Fields[], read: Reader): Merged {
  const section = (layer: Fields, path: Path): Fields => {
    const raw = layer[path.at(-1) as string]
    const found = raw === undefined || raw === null ? {} : fields(raw)
    if (found === undefined) read.problems.push({ path, message: 'must be a section with keys' })
    return found ?? {}
  }
  const plain = (name: string): Fields =>
    Object.assign({}, ...layers.map((layer) => section(layer, [name]))) as Fields
  const named = (name: string): Record<string, Fields> => {
    const merged: Record<string, Fields> = {}
    for (const layer of layers) {
      const entries = section(layer, [name])
      for (const key of Object.keys(entries))
        merged[key] = { ...merged[key], ...section(entries, [name, key]) }
    }
    return merged
  }
  return {
    snapshot: plain('snapshot'),
    winners: plain('winners'),
    sources: named('sources'),
    indices: named('indices'),
    defaults: named('defaults'),
    assets: named('assets'),
  }
}
