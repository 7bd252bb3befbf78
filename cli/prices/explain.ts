/** `pegminer prices explain XBT`: by which quotes and rules one price came about. */
import { problemsError } from '../../config/index.js'
import { ASSETS } from '../../oracle/index.js'
import type { OprVersion } from '../../pegnet/index.js'
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { explainLines, troubleLines } from '../view/prices.js'
import { openFeed, takeSnapshot, tellSnapshot, unknownAsset, type PricesContext } from './parts.js'

export async function explain(context: PricesContext, word: string): Promise<number> {
  const { output, settings } = context
  const all = ASSETS[settings['prices.recordVersion'] as OprVersion]
  const asset = word.toUpperCase()
  if (!all.includes(asset)) throw problemsError([unknownAsset(word, all)])
  return withResources(async (resources) => {
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
  })
}
