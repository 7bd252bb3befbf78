/** `pegminer peg-watch`: markets of tokens beside the oracle, look after look. It never trades. */
import { isCoded, sleep } from '../../base/index.js'
import {
  lookAt,
  openPaper,
  paperStep,
  type Look,
  type PaperAccount,
  type PaperEvent,
  type PaperFile,
} from '../../desk/index.js'
import type { PriceSnapshot } from '../../oracle/prices/index.js'
import { DEADLINE_MS } from '../prices/parts.js'
import { fail } from '../program/errors.js'
import { EXIT } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import type { PegWatchContext } from './context.js'
import { openWatched, type Watched } from './open.js'
import { serve } from './serve.js'
import {
  freeText,
  HEAD,
  paperEvent,
  paperFacts,
  paperText,
  remarksOf,
  tokenFacts,
  tokenText,
  tradeFacts,
  tradeText,
  troubleText,
} from './view.js'

/** Trades that are shown. */
const SHOWN = 5

export async function pegWatch(context: PegWatchContext): Promise<number> {
  const { settings, sections, signal, output, log } = context
  return withResources(async (resources) => {
    const watched = await openWatched(context, resources)
    const once = settings['feed.once']
    const shown = once ? null : await serve(context, watched.exchanges, resources)
    const paper = paperOf(context, resources)
    while (!signal.aborted) {
      try {
        const look = await lookOnce(watched, context)
        const events = paper ? keepPaper(paper, look, watched, context) : []
        shown?.show(look, paper?.account() ?? null)
        show(context, look, paper?.account() ?? null, events)
        if (once) return look.markets.length > 0 ? EXIT.done : EXIT.missing
      } catch (error) {
        if (once || signal.aborted || !isCoded(error)) throw error
        log.warn('the markets were not looked at; it is tried again', { error })
      }
      await output.drained()
      await sleep(sections.pegWatch.everyMs, signal)
    }
    return EXIT.interrupted
  })
}

async function lookOnce(watched: Watched, { sections, signal }: PegWatchContext): Promise<Look> {
  const { ledger, rules, books, own } = watched
  const [view, snapshot] = await Promise.all([
    books.look(),
    own.snapshot({ deadlineMs: DEADLINE_MS, signal }).catch((error: unknown): PriceSnapshot | null => {
      if (signal.aborted || !isCoded(error)) throw error
      return null
    }),
  ])
  signal.throwIfAborted()
  const look = lookAt({ ledger, rules, view, own: snapshot, limits: sections.pegWatch })
  if (look === null)
    throw fail('E_CLI_HEIGHT', 'the ledger has no rates yet: wait for the first graded block')
  return look
}

/** Null: none is kept. */
function paperOf({ settings, sections }: PegWatchContext, resources: Resources): PaperFile | null {
  const { 'pegWatch.paper': file, 'network.name': network } = settings
  if (file === undefined) return null
  const staged = settings['pegWatch.scenario'] ?? settings['pegWatch.script']
  const subject = staged === undefined ? network : `${network} ${staged}`
  const paper = openPaper(file, subject, sections.pegWatch.capital)
  resources.add(paper.close)
  return paper
}

/** What is told was written down before. */
function keepPaper(
  paper: PaperFile,
  look: Look,
  { ledger, rules }: Watched,
  { sections }: PegWatchContext,
): readonly PaperEvent[] {
  const before = paper.account()
  const { account, events } = paperStep(before, { look, ledger, rules, limits: sections.pegWatch })
  if (events.length > 0 || account.last !== before.last) paper.save(account)
  return events
}

function show(
  { output }: PegWatchContext,
  look: Look,
  paper: PaperAccount | null,
  events: readonly PaperEvent[],
): void {
  const { height, ratesHeight, tokens, trades, closed, troubles } = look
  for (const token of tokens) output.event({ event: 'peg-watch.token', height, ...tokenFacts(token) })
  for (const trade of trades) output.event({ event: 'peg-watch.trade', height, ...tradeFacts(trade) })
  for (const trouble of troubles) output.event({ event: 'peg-watch.trouble', height, ...trouble })
  for (const event of events) output.event(paperEvent(event))
  output.event({
    ...{ event: 'peg-watch', height, ratesHeight, tokens: tokens.length, trades: trades.length },
    closed: closed && tradeFacts(closed),
    paper: paper && paperFacts(paper),
  })
  const fact = factPrinter(output)
  const tellTroubles = (): void => troubles.forEach((trouble) => fact('lacks', troubleText(trouble)))
  if (look.markets.length === 0) {
    fact('markets', 'no exchange has given an order book')
    return tellTroubles()
  }
  output.line(output.paint('bold', HEAD))
  for (const token of tokens) output.line(tokenText(token, output))
  output.line()
  fact('block', `${height}${ratesHeight === height ? '' : `, prices of ${ratesHeight}`}`)
  trades.slice(0, SHOWN).forEach((trade) => {
    fact('trade', tradeText(trade))
    fact('', remarksOf(trade))
  })
  if (trades.length > SHOWN) fact('', `and ${trades.length - SHOWN} more`)
  if (trades.length === 0) fact('trade', 'none would earn enough')
  const free = freeText(trades)
  if (free !== null) fact('fees', free)
  if (closed) {
    fact('closed', tradeText(closed))
    fact('', remarksOf(closed))
  }
  if (paper) fact('paper', paperText(paper))
  tellTroubles()
  output.line()
}
