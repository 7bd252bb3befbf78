/** `pegminer farm status`: the machines of a farm, as its coordinator tells. */
import { hostInUrl, messageOf } from '../../base/index.js'
import { farmError, type FarmStatus } from '../../miner/farm/index.js'
import { EXIT } from '../program/context.js'
import { durationText, plural, rateText } from '../view/format.js'
import type { FarmContext } from './context.js'

const TIMEOUT_MS = 10_000

export async function status({ settings, output, signal }: FarmContext): Promise<number> {
  const port = settings['telemetry.port']
  const host = settings['telemetry.host']
  const url = `http://${hostInUrl(host)}:${port}/api/v1/farm`
  const farm = await ask(url, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]))
  output.event({ event: 'farm', ...farm })
  if (!farm.active) output.line(' This coordinator waits: another one is active, and knows the machines.')
  const rows = farm.machines.map((machine) => [
    machine.worker,
    machine.state,
    rateText(machine.hashrate.s10 ?? 0),
    rateText(machine.hashrate.s60 ?? 0),
    rateText(machine.hashrate.m15 ?? 0),
    plural(machine.threads, 'thread'),
    machine.lastHitSeconds === null ? 'none' : `${durationText(machine.lastHitSeconds * 1000)} ago`,
    String(Object.values(machine.faults).reduce((sum, count) => sum + count, 0)),
    machine.version,
    machine.cpu,
  ])
  const head = [
    'worker',
    'state',
    '10 s',
    '60 s',
    '15 min',
    'threads',
    'last hit',
    'bad',
    'version',
    'processor',
  ]
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)))
  for (const row of [head, ...rows])
    output.line(
      ` ${row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd()}`,
    )
  for (const { worker, refused } of farm.machines)
    if (refused !== null) output.line(` ${worker} is refused: ${refused}`)
  output.line(` ${plural(farm.here, 'machine')}, ${farm.missing} missing, ${rateText(farm.hashrate)}`)
  return EXIT.done
}

async function ask(url: string, signal: AbortSignal): Promise<FarmStatus> {
  try {
    const reply = await fetch(url, { signal })
    if (!reply.ok) throw new Error(`it answers ${reply.status}`)
    return (await reply.json()) as FarmStatus
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    throw farmError('E_FARM_STATUS', `no coordinator at ${url}: ${messageOf(cause)}`)
  }
}
