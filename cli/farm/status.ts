/** `pegminer farm status`: the machines of a farm, as its coordinator tells. */
import type { FarmStatus } from '../../miner/farm/index.js'
import { EXIT } from '../program/context.js'
import { durationText, plural, rateText } from '../view/format.js'
import { askCoordinator, printTable } from './ask.js'
import type { FarmContext } from './context.js'

export async function status(context: FarmContext): Promise<number> {
  const { output } = context
  const farm = (await askCoordinator(context, 'farm')) as FarmStatus
  output.event({ event: 'farm', ...farm })
  if (!farm.active) output.line(' This coordinator waits: another one is active, and knows the machines.')
  const rows = farm.machines.map((machine) => [
    machine.worker,
    machine.state,
    ...[machine.hashrate.s10, machine.hashrate.s60, machine.hashrate.m15].map((rate) =>
      rate === null ? 'n/a' : rateText(rate),
    ),
    plural(machine.threads, 'thread'),
    machine.lagMs === null ? 'none' : `${machine.lagMs} ms`,
    `${machine.lease.seconds} s`,
    machine.lastHitSeconds === null ? 'none' : `${secondsText(machine.lastHitSeconds)} ago`,
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
    'lag',
    'lease',
    'last hit',
    'bad',
    'version',
    'processor',
  ]
  printTable(output, head, rows)
  for (const { worker, refused } of farm.machines)
    if (refused !== null) output.line(` ${worker} is refused: ${refused}`)
  output.line(` ${plural(farm.here, 'machine')}, ${farm.missing} missing, ${rateText(farm.hashrate)}`)
  return EXIT.done
}

/** Whole seconds, as the coordinator gives them. */
const secondsText = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : durationText(seconds * 1000)
