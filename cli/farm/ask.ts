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
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)))
  for (const columns of groupsOf(widths, output.width))
    for (const row of [head, ...rows]) {
      const cells = columns.map((at) => (row[at] ?? '').padEnd(widths[at] ?? 0))
      output.line(` ${cells.join('  ').trimEnd()}`)
    }
}

/** Which columns stand side by side: the first one with as many others as there is room for. Pure. */
export function groupsOf(widths: readonly number[], room: number): number[][] {
  const groups = [[0]]
  let taken = widths[0] ?? 0
  for (const [at, width] of [...widths.entries()].slice(1)) {
    const group = groups.at(-1) as number[]
    if (group.length > 1 && taken + 2 + width >= room) {
      groups.push([0, at])
      taken = (widths[0] ?? 0) + 2 + width
    } else {
      group.push(at)
      taken += 2 + width
    }
  }
  return groups
}
