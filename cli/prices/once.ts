/** `pegminer prices`: what each asset is worth now. */
import { EXIT } from '../program/context.js'
import { withResources } from '../program/resources.js'
import { missingLines, priceTable, summaryLine, troubleLines } from '../view/prices.js'
import { openFeed, takeSnapshot, tellSnapshot, type PricesContext } from './parts.js'

export async function once(context: PricesContext): Promise<number> {
  const { output } = context
  return withResources(async (resources) => {
    const open = await openFeed(context, resources)
    const snapshot = await takeSnapshot(context, open)
    tellSnapshot(context, snapshot)
    priceTable(snapshot, output).forEach((line) => output.line(line))
    output.line()
    troubleLines(snapshot, output).forEach((line) => output.line(line))
    missingLines(snapshot, output).forEach((line) => output.line(line))
    output.line(` ${summaryLine(snapshot)}`)
    return snapshot.complete ? EXIT.done : EXIT.missing
  })
}
