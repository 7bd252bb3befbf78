/** `pegminer basket plan` and `run`: what would be converted, and doing it. */
import { join } from 'node:path'

import { isCoded, lockFile, makeFolder, sleep, wallMs } from '../../base/index.js'
import { mistake } from '../../config/index.js'
import {
  createDue,
  decide,
  keepOnce,
  openBook,
  standingOf,
  type Basket,
  type KeepEvent,
} from '../../desk/index.js'
import { findAddress, readAddress, readWallet, type Rates, type WalletAddress } from '../../ledger/index.js'
import { openEither } from '../ledger/files.js'
import { fail } from '../program/errors.js'
import { EXIT } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'
import { percentText } from '../view/format.js'
import { unlockKey } from '../wallet/ask.js'
import { fileOf } from '../wallet/context.js'
import { folderOf, reachLedger, reachNode, reachToLook } from '../wallet/reach.js'
import type { BasketContext } from './context.js'
import { createMeasures } from './measure.js'
import { decisionEvent, keepFacts, keepText, lineTexts, LINES_HEAD, moveText, reasonText } from './view.js'

/** How often the ledger is asked for a new block, ms. */
const LOOK_MS = 1000

export async function plan(context: BasketContext, basket: Basket): Promise<number> {
  return withResources(async (resources) => {
    const { source, rules } = reachLedger(context, resources)
    const owner = ownerOf(context, basket)
    const address = readAddress(owner.address) ?? ''
    const prices = await source.prices()
    if (prices === null)
      throw fail('E_CLI_HEIGHT', 'the ledger has no rates yet: wait for the first graded block')
    const height = await source.height()
    const terms = { address, height, prices, past: pastOf(context, basket, resources)(basket.window), rules }
    const balances = await source.balances(address)
    const standing = standingOf(basket, terms, { balances, now: wallMs() })
    const decision = decide(basket, standing, terms)
    const reason = createDue(basket)(standing, decision.lines, openBook(bookOf(context)).done())
    const { output } = context
    output.event(decisionEvent(decision, { height, reason: reason?.kind ?? null }))
    const fact = factPrinter(output)
    fact('address', owner.address)
    fact('prices', `of block ${prices.height}`)
    output.line()
    output.line(output.paint('bold', LINES_HEAD))
    lineTexts(decision).forEach((text) => output.line(text))
    output.line()
    fact('drift', percentText(decision.drift))
    decision.moves.forEach((move, k) => fact(k === 0 ? 'convert' : '', moveText(move)))
    if (decision.moves.length === 0) fact('convert', 'nothing')
    for (const { ticker, target, reason: why } of decision.held)
      fact('left', `${ticker} into ${target}: ${why}`)
    fact('now', reason === null ? 'it is not due' : `it is due: ${reasonText(reason.kind)}`)
    return EXIT.done
  })
}

export async function run(context: BasketContext, basket: Basket): Promise<number> {
  const { settings, output, signal, log } = context
  return withResources(async (resources) => {
    makeFolder(folderOf(context))
    const unlock = lockFile(`${bookOf(context)}.lock`, {
      held: (holder) =>
        fail(
          'E_CLI_BASKET',
          `a basket of this data directory is kept already${holder === undefined ? '' : ` (${holder})`}`,
        ),
      failed: (cause) => fail('E_CLI_DATA_DIR', `${bookOf(context)}.lock cannot be made`, { cause }),
    })
    resources.add(unlock)
    const reach = reachLedger(context, resources)
    const owner = ownerOf(context, basket)
    const asked = basket.run.send && !settings['feed.dryRun']
    const key = asked ? await unlockKey(context, readWallet(fileOf(context)), owner.address) : null
    const sending = asked ? await reachNode(context, reach, resources) : null
    const looking = sending ?? (await reachToLook(context, reach, resources))
    const sends = key === null || sending === null ? null : { key, publisher: sending.publisher }
    const past = pastOf(context, basket, resources)
    const fact = factPrinter(output)
    fact('basket', owner.address)
    fact('sends', sending === null ? silentText(basket) : `yes, paid by ${sending.payer.address}`)
    const book = openBook(bookOf(context))
    const measures = createMeasures(reach.network.name, basket, book)
    const metrics = settings['feed.once'] ? null : await measures.serve(context, resources)
    if (metrics !== null) fact('metrics', metrics)
    output.event({ event: 'basket', address: owner.address, sends: asked, metrics })
    const parts = {
      ...{ looking, chainId: reach.chainId, address: readAddress(owner.address) ?? '', rules: reach.rules },
      ...{ book, sends, past },
      hear: (event: KeepEvent) => {
        measures.hear(event)
        output.event(keepFacts(event))
        const text = keepText(event, basket)
        if (text !== null) text.split('\n').forEach((line) => output.line(line))
      },
    }
    for (let seen = -1; !signal.aborted; await sleep(LOOK_MS, signal)) {
      const height = await reach.source.height()
      if (height === seen) continue
      try {
        await keepOnce(basket, parts)
        seen = height
      } catch (error) {
        if (!isCoded(error) || settings['feed.once']) throw error
        log.warn('the basket was not looked at; it is tried again', { error })
      }
      if (settings['feed.once']) return EXIT.done
    }
    return EXIT.interrupted
  })
}

const silentText = ({ run: { send } }: Basket): string =>
  send ? 'nothing, because of --dry-run' : 'nothing: run: { send: true } in its file makes it'

const bookOf = (context: BasketContext): string => join(folderOf(context), 'basket.json')

const ownerOf = (context: BasketContext, { address }: Basket): WalletAddress =>
  findAddress(readWallet(fileOf(context)).addresses, address ?? undefined)

/** Only the rule of volatility asks for the past, which a pegnetd does not tell. */
function pastOf(
  context: BasketContext,
  { weights }: Basket,
  resources: Resources,
): (count: number) => Rates[] {
  if (weights !== 'inverse-volatility') return () => []
  if (context.settings['ledger.pegnetd'] !== undefined)
    throw mistake('E_CONFIG_VALUE', 'inverse-volatility needs a ledger of your own: leave out --pegnetd')
  const query = openEither(context)
  resources.add(() => query.close())
  return (count) => {
    const past: Rates[] = []
    for (let height = query.ratesHeight(query.about().height); height !== null && past.length < count;) {
      past.push(query.ratesAt(height) ?? new Map())
      height = query.ratesHeight(height - 1)
    }
    return past.reverse()
  }
}
