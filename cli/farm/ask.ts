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

export function printTable(
  output: Pick<Output, 'line'>,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)))
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, at) => cell.padEnd(widths[at] ?? 0))
    output.line(` ${cells.join('  ').trimEnd()}`)
  }
}
