/** The results as one object: what `bench.json` holds, and how an earlier one is read back. */
import { open } from 'node:fs/promises'
import { isMapping, messageOf, parseJson } from '../base/index.js'
import type { KernelName } from '../lxrhash/index.js'
import { KERNELS, PAGES, type BenchCell, type CellPlan, type Timing } from './cells.js'
import { fail } from './errors.js'
import type { MachineFacts } from './machine.js'

export interface BenchReport extends Timing {
  readonly format: typeof FORMAT
  /** Of the program. */
  readonly version: string
  /** ISO 8601, UTC. */
  readonly started: string
  /** Of measuring so far. */
  readonly minutes: number
  /** Cells that were planned; fewer were finished if it was interrupted. */
  readonly planned: number
  readonly machine: MachineFacts
  readonly cells: readonly BenchCell[]
}

export const FORMAT = 'pegminer-bench-1'

/** What a comparison needs of an earlier report. */
export interface EarlierReport {
  readonly started: string
  readonly machine: string
  readonly cells: readonly EarlierCell[]
}

export interface EarlierCell extends CellPlan {
  readonly lanes: number
  readonly kernel: KernelName
  readonly hashesPerSecond: number
}

/** A matrix of every size with many threads has some 100 KiB. */
const MOST_BYTES = 8 * 2 ** 20
const MOST_CELLS = 10_000

/** Throws E_BENCH_COMPARE_READ, E_BENCH_COMPARE_FORMAT. */
export async function readReport(file: string): Promise<EarlierReport> {
  const text = await readText(file)
  const parsed = parsedJson(text)
  const wrong = (what: string) => fail('E_BENCH_COMPARE_FORMAT', `${file} is not a bench.json: ${what}`)
  if (!isMapping(parsed)) throw wrong('not a JSON object')
  if (parsed['format'] !== FORMAT) throw wrong(`its "format" is not ${FORMAT}`)
  const { started, machine, cells } = parsed
  if (typeof started !== 'string' || !isMapping(machine) || typeof machine['cpu'] !== 'string')
    throw wrong('date or machine are missing')
  if (!Array.isArray(cells) || cells.length > MOST_CELLS) throw wrong('it has no list of cells')
  const bad = cells.findIndex((cell) => !isCell(cell))
  if (bad >= 0) throw wrong(`cell ${bad + 1} is not a measurement`)
  return { started, machine: machine['cpu'], cells: cells as EarlierCell[] }
}

async function readText(file: string): Promise<string> {
  const unreadable = (reason: string, cause?: unknown) =>
    fail('E_BENCH_COMPARE_READ', `${file} cannot be read: ${reason}`, { cause })
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(messageOf(error), error)
  })
  try {
    const facts = await handle.stat()
    if (!facts.isFile()) throw unreadable('not a file')
    if (facts.size > MOST_BYTES) throw unreadable('too large')
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

function parsedJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function isCell(value: unknown): boolean {
  if (!isMapping(value)) return false
  const whole = (key: string): boolean => Number.isInteger(value[key]) && (value[key] as number) > 0
  const rate = value['hashesPerSecond']
  return (
    whole('bits') &&
    whole('threads') &&
    whole('lanes') &&
    KERNELS.includes(value['kernel'] as never) &&
    PAGES.includes(value['pages'] as never) &&
    Number.isFinite(rate) &&
    (rate as number) > 0
  )
}

/**
 * The earlier cell that was measured alike. Lanes may differ if the earlier report has only one such cell: the number
 * that is best may change from version to version.
 */
export function cellLike(cell: CellPlan, earlier: readonly EarlierCell[]): EarlierCell | undefined {
  const alike = earlier.filter(
    ({ bits, threads, kernel, pages }) =>
      bits === cell.bits && threads === cell.threads && kernel === cell.kernel && pages === cell.pages,
  )
  return alike.find(({ lanes }) => lanes === cell.lanes) ?? (alike.length === 1 ? alike[0] : undefined)
}
