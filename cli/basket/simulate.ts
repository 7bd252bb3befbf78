/** `pegminer basket simulate`: how a basket would have gone. */
import { parseUnits } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import { simulateBasket, type Basket } from '../../desk/index.js'
import { ledgerNetwork, rulesOf } from '../../ledger/index.js'
import { openEither } from '../ledger/files.js'
import { EXIT } from '../program/context.js'
import { factPrinter } from '../view/facts.js'
import { percentText, plural } from '../view/format.js'
import { requirePicture } from '../view/picture-file.js'
import type { BasketContext } from './context.js'
import { CSV_HEAD, csvLine, summaryFacts } from './view.js'

export async function simulate(context: BasketContext, basket: Basket): Promise<number> {
  const { settings, output } = context
  const { 'history.csv': csv, 'history.plot': file } = settings
  if (csv && output.json) throw mistake('E_CONFIG_VALUE', 'give --csv or --json, not both')
  requirePicture(file)
  const query = openEither(context)
  try {
    const about = query.about()
    const { height } = about
    const from = settings['history.from'] ?? 0
    const to = Math.min(settings['history.to'] ?? height, height)
    const amount = parseUnits(String(settings['basket.amount'])) ?? 0n
    const simulation = simulateBasket(
      // What it begins with is sold, unless it is a part of the basket.
      { ...basket, holdings: new Map([['pUSD', 0], ...basket.holdings]) },
      {
        history: query,
        rules: rulesOf(ledgerNetwork(about)),
        from,
        to,
        balances: new Map([['pUSD', amount]]),
      },
    )
    if (csv) output.line(CSV_HEAD)
    for (const step of simulation.steps) {
      if (csv) output.line(csvLine(step))
      for (const { ticker, amount: given, target, result, refund } of step.executed)
        output.event({
          ...{ event: 'basket.converted', height: step.height, enteredAt: step.enteredAt, ticker, target },
          ...{ amount: String(given), result: String(result), refund: String(refund) },
        })
      await output.drained()
    }
    const facts = summaryFacts(simulation)
    output.event({ event: 'basket.simulated', ...facts })
    const fact = factPrinter(output)
    if (!csv) {
      fact('heights', `${facts.from} to ${facts.to}, ${plural(simulation.steps.length, 'block')} with prices`)
      fact('worth', `${facts.usd} USD of ${facts.begin}; left as it was: ${facts.holding}`)
      fact(
        'converted',
        `${plural(facts.conversions, 'time')}, ${percentText(facts.turnover, 1)} of the beginning; lost by rules and rounding: ${facts.lost} USD`,
      )
      if (facts.banked > 0)
        fact(
          'bank',
          `${plural(facts.banked, 'conversion')} into PEG cut short by the bank; each is worked out as if it were alone in its block`,
        )
      if (facts.refused > 0) fact('refused', plural(facts.refused, 'conversion'))
      fact('drift', `${percentText(facts.meanDrift)} on average`)
      fact(
        'worst fall',
        `${percentText(facts.drawdown)}; left as it was: ${percentText(facts.holdingDrawdown)}`,
      )
    }
    if (file !== undefined) {
      const { writeBasketPlot } = await import('./plot.js')
      writeBasketPlot(file, simulation)
      output.event({ event: 'plot', file, panels: ['worth', 'drift'] })
      if (!csv) fact('picture', file)
    }
    return EXIT.done
  } finally {
    query.close()
  }
}
