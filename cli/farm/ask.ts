/** What the page of a running coordinator tells, and how tables of it are printed. */
import { hostInUrl, messageOf } from '../../base/index.js'
import { farmError } from '../../miner/farm/index.js'
import type { Output } from '../program/output.js'
import type { FarmContext } from './context.js'

const TIMEOUT_MS = 10_000

/** Throws E_FARM_STATUS. */
export async function askCoordinator(
  { settings, signal }: Pick<FarmContext, 'settings' | 'signal'>,
  name: 'farm' | 'accounts',
): Promise<unknown> {
  const host = hostInUrl(settings['telemetry.host'])
  const url = `http://${host}:${settings['telemetry.port']}/api/v1/${name}`
  try {
    const reply = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    if (!reply.ok) throw new Error(`it answers ${reply.status}`)
    return await reply.json()
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw farmError('E_FARM_STATUS', `no coordinator at ${url}: ${messageOf(cause)}`)
  }
}

/** Columns that a terminal has no room for follow in a table of their own, beside the first column. */
export function printTable(
  output: Pick<Output, 'line' | 'width'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const columns = head.map((title, at) => {
    const cells = [title, ...rows.map((row) => row[at] ?? '')]
    const width = Math.max(...cells.map(({ length }) => length))
    return { width, cells: cells.map((cell) => cell.padEnd(width)) }
  })
  for (const group of groupsOf(columns, output.width))
    for (let at = 0; at <= rows.length; at++)
      output.line(
        ` ${group
          .map(({ cells }) => cells[at])
          .join('  ')
          .trimEnd()}`,
      )
}

/** Which columns stand side by side: the first one with as many others as there is room for. Pure. */
export function groupsOf<T extends { readonly width: number }>(columns: readonly T[], room: number): T[][] {
  const [first, ...others] = columns
  if (first === undefined) return []
  const groups: T[][] = []
  let [group, taken] = [[first], first.width]
  for (const column of others) {
    if (group.length > 1 && taken + 2 + column.width >= room) {
      groups.push(group)
      group = [first]
      taken = first.width
    }
    group.push(column)
    taken += 2 + column.width
  }
  return [...groups, group]
}
