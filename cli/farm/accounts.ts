/** `pegminer farm accounts`: what each worker has contributed, by day, as the coordinator tells. */
import { Csv } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import type { DayAccount } from '../../miner/farm/index.js'
import { EXIT } from '../program/context.js'
import { countText } from '../view/format.js'
import { askCoordinator, printTable } from './ask.js'
import type { FarmContext } from './context.js'

const HEAD = ['day', 'worker', 'hits', 'hashes']

export async function accounts(context: FarmContext): Promise<number> {
  const { settings, output } = context
  const isCsv = settings['history.csv']
  if (isCsv && output.json) throw mistake('E_CONFIG_VALUE', 'give --csv or --json, not both')
  const { accounts: all } = (await askCoordinator(context, 'accounts')) as { accounts: DayAccount[] }
  output.event({ event: 'farm.accounts', accounts: all })
  if (isCsv) {
    const { text } = new Csv(
      HEAD,
      all.map(({ day, worker, hits, hashes }) => [day, worker, hits, hashes]),
    )
    for (const line of text.trimEnd().split('\n')) output.line(line)
    return EXIT.done
  }
  printTable(
    output,
    HEAD,
    all.map(({ day, worker, hits, hashes }) => [day, worker, String(hits), countText(BigInt(hashes))]),
  )
  return EXIT.done
}
