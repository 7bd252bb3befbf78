/** `pegminer prices …`: what each asset is worth, by which sources, and why. */
import { runAction } from '../program/actions.js'
import { doctor } from './doctor.js'
import { explain } from './explain.js'
import { once } from './once.js'
import type { PricesContext } from './parts.js'
import { record } from './record.js'
import { replayFile } from './replay.js'
import { sources } from './sources.js'
import { watch } from './watch.js'

const ACTIONS = {
  explain: { run: explain, most: 1, missing: 'say which asset, for example: pegminer prices explain XBT' },
  doctor: { run: doctor },
  sources: { run: sources },
  replay: { run: replayFile, most: 2, missing: 'say which file: pegminer prices replay FILE [HEIGHT]' },
  record: { run: record, most: 1, missing: 'say where to: pegminer prices record DIR' },
}

export async function prices(context: PricesContext): Promise<number> {
  if (context.positionals.length > 0) return runAction('prices', ACTIONS, context)
  return context.settings['prices.watch'] ? watch(context) : once(context)
}
