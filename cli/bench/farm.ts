/** `pegminer bench --farm N`: what a farm of so many machines costs its coordinator and its NATS server. */
import { machineFacts, machineLines } from '../../bench/index.js'
import { loadLines, runFarmLoad } from '../../bench/farm/index.js'
import { EXIT, type CommandContext } from '../program/context.js'
import type { BenchKey } from '../program/keys.js'
import { versionOf } from '../program/version.js'
import { machineOf } from '../service/machine.js'
import { factPrinter } from '../view/facts.js'
import { createStatus } from '../view/status.js'

/** Enough for a 99th percentile of machines, and a minute. */
const RECORDS = 20
const QUIET_SECONDS = 20

export async function benchFarm(context: CommandContext<BenchKey>): Promise<number> {
  const { settings, output, signal } = context
  const machines = settings['bench.farm'] ?? 1
  const { cpu, cores, memory } = machineOf()
  const machine = machineFacts({ cpu, cores, memory })
  const fact = factPrinter(output)
  fact('pegminer', `${versionOf()}, a farm on this machine alone`)
  machineLines(machine).forEach((line, k) => fact(k === 0 ? 'machine' : '', line))
  output.event({ event: 'machine', version: versionOf(), ...machine })
  const status = createStatus(context)
  try {
    const load = await runFarmLoad({
      ...{ machines, records: RECORDS, quietSeconds: QUIET_SECONDS, signal },
      onStep: (text) => {
        status.show(text)
        output.event({ event: 'bench.farm.step', text })
      },
    })
    status.show('')
    output.event({ event: 'bench.farm', ...load })
    output.line()
    for (const line of loadLines(load)) output.line(line)
    return EXIT.done
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    throw error
  } finally {
    status.show('')
  }
}
