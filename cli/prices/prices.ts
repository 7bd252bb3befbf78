/** `pegminer prices …`: what each asset is worth, by which sources, and why. */
import type { OprVersion } from '../../pegnet/index.js'
import { nearest, problem, problemsError, shown } from '../../config/index.js'
import { ASSETS } from '../../oracle/index.js'
import { EXIT } from '../program/context.js'
import { doctor } from './doctor.js'
import { openFeed, takeSnapshot, tellSnapshot, unknownAsset, type PricesContext } from './parts.js'
import { record } from './record.js'
import { replayFile } from './replay.js'
import { sources } from './sources.js'
import { watch } from './watch.js'
import { openResources } from '../program/resources.js'
import { explainLines, missingLines, priceTable, summaryLine, troubleLines } from '../view/prices.js'

const ACTIONS = {
  explain: { most: 1, run: explain },
  doctor: { most: 0, run: doctor },
  sources: { most: 0, run: sources },
  replay: { most: 2, run: replayFile },
  record: { most: 1, run: record },
} as const
type Action = keyof typeof ACTIONS

export async function prices(context: PricesContext): Promise<number> {
  const [word, ...rest] = context.positionals
  const action = (Object.keys(ACTIONS) as Action[]).find((known) => known === word)
  if (word !== undefined && action === undefined) {
    const near = nearest(word, Object.keys(ACTIONS))
    const hint = near === undefined ? `choose ${Object.keys(ACTIONS).join(', ')}` : `did you mean ${near}?`
    throw problemsError([problem('E_CONFIG_ARGUMENT', `prices does not know ${shown(word)}; ${hint}`)])
  }
  if (action !== undefined && rest.length > ACTIONS[action].most)
    throw problemsError([
      problem('E_CONFIG_ARGUMENT', `unexpected argument ${shown(rest.at(-1) ?? '')}; see --help`),
    ])
  if (action !== undefined) return ACTIONS[action].run(context, rest)
  if (context.settings['prices.watch']) return watch(context)
  return once(context)
}

async function once(context: PricesContext): Promise<number> {
  const { output } = context
  const resources = openResources()
  try {
    const open = await openFeed(context, resources)
    const snapshot = await takeSnapshot(context, open)
    tellSnapshot(context, snapshot)
    priceTable(snapshot, output).forEach((line) => output.line(line))
    output.line()
    troubleLines(snapshot, output).forEach((line) => output.line(line))
    missingLines(snapshot, output).forEach((line) => output.line(line))
    output.line(` ${summaryLine(snapshot)}`)
    return snapshot.complete ? EXIT.done : EXIT.missing
  } finally {
    await resources.close()
  }
}

async function explain(context: PricesContext, [word]: readonly string[]): Promise<number> {
  const { output, settings } = context
  const all = ASSETS[settings['prices.recordVersion'] as OprVersion]
  if (word === undefined)
    throw problemsError([
      problem('E_CONFIG_ARGUMENT', 'say which asset, for example: pegminer prices explain XBT'),
    ])
  const asset = word.toUpperCase()
  if (!all.includes(asset)) throw problemsError([unknownAsset(word, all)])
  const resources = openResources()
  try {
    const open = await openFeed(context, resources, { assets: [asset] })
    const snapshot = await takeSnapshot(context, open)
    tellSnapshot(context, snapshot)
    const price = snapshot.assets.get(asset)
    if (price) explainLines(price, output, open.winners).forEach((line) => output.line(line))
    for (const index of snapshot.indices.values()) {
      output.line()
      explainLines(index, output)
        .slice(0, -2)
        .forEach((line) => output.line(line))
    }
    troubleLines(snapshot, output).forEach((line) => output.line(line))
    return snapshot.complete ? EXIT.done : EXIT.missing
  } finally {
    await resources.close()
  }
}
