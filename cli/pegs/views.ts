/** `pegs info | price | accounts | history | worst | watch`: a peg and its accounts are looked at. */
import { coinsText, look, priceOf, ratioText, valueOf, viewOf, warningsOf } from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import type { Holder } from './holder.js'
import type { PegsContext } from './plan.js'

export async function tellPeg({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const totals = await asset.pegTotals(peg.pegsTxid, { signal })
  for (const token of peg.tokens) {
    const { price, market, blocksLeft, height } = await priceOf(asset, token, { signal })
    const total = totals.tokens.find(({ token: name }) => name === token.name)
    const [deposit, debt] = [total?.deposit ?? 0n, total?.debt ?? 0n]
    output.event({
      ...{ event: 'pegs.price', token: token.name, expression: token.price, height, blocksLeft },
      ...{
        price: coinsText(price),
        market: coinsText(market),
        deposit: coinsText(deposit),
        debt: coinsText(debt),
      },
      ...{ bindtxid: token.bindTxid, address: token.gateway.deposit },
    })
    const soon =
      blocksLeft > 0
        ? `no price for ${blocksLeft} blocks more`
        : `${coinsText(price)} (the market says ${coinsText(market)})`
    output.line(` ${output.paint('bold', token.name)}  ${soon}`)
    output.line(
      `   deposited ${coinsText(deposit)}, owed ${coinsText(debt)}; deposits go to ${token.gateway.deposit}`,
    )
  }
  output.event({ event: 'pegs.info', pegstxid: peg.pegsTxid, globalRatio: totals.globalRatio })
  output.line(` the whole peg owes ${totals.globalRatio} of what it holds`)
  return EXIT.done
}

export async function tellAccount(
  { output, signal }: PegsContext,
  { asset, peg, pubkey }: Holder,
): Promise<number> {
  for (const token of peg.tokens) {
    const view = await viewOf(asset, { peg, token, pubkey }, { signal })
    const { deposit, debt } = view.account ?? { deposit: 0n, debt: 0n }
    const ratio = ratioText(debt, valueOf(deposit, view.price))
    output.event({
      ...{
        event: 'pegs.account',
        token: token.name,
        deposit: coinsText(deposit),
        debt: coinsText(debt),
        ratio,
      },
      ...{
        mostToGet: coinsText(view.mostToGet),
        tokens: coinsText(view.tokens),
        coins: coinsText(view.coins),
      },
    })
    output.line(
      ` ${output.paint('bold', token.name)}  ${coinsText(deposit)} deposited, ${coinsText(debt)} owed, ratio ${ratio}`,
    )
    output.line(
      `   at most ${coinsText(view.mostToGet)} more; free: ${coinsText(view.tokens)} tokens, ${coinsText(view.coins)} coins`,
    )
  }
  return EXIT.done
}

/** Looks again and again; with --once, once. Nothing is done about what it sees. */
export async function watch(
  { output, settings, signal }: PegsContext,
  { asset, peg, pubkey, opened }: Holder,
): Promise<number> {
  while (!signal.aborted) {
    for (const token of peg.tokens) {
      const seen = await look(asset, { peg, token, pubkey }, { signal })
      const { view, ratio, global, victims, open, poolOutputs } = seen
      const prices = { price: coinsText(view.price), market: coinsText(view.market), height: view.height }
      const bad = victims.map(({ txid, ratio: at, gain }) => ({
        txid,
        ratio: at,
        profit: gain && coinsText(gain.profit),
      }))
      output.event({
        event: 'pegs.watch',
        token: token.name,
        ratio,
        global,
        ...prices,
        poolOutputs,
        liquidation: open,
        accounts: bad,
      })
      output.line(
        ` ${String(view.height).padStart(6)}  ${token.name}  price ${prices.price}, market ${prices.market}, own ratio ${ratio}, whole peg ${global}, ${victims.length} accounts above 90 %`,
      )
      for (const { level, what, message } of warningsOf(seen)) {
        output.event({ event: 'pegs.alert', token: token.name, level, what, message })
        output.line(`         ${output.paint('yellow', message)}`)
      }
    }
    if (settings['feed.once']) return EXIT.done
    await opened.pause()
  }
  return EXIT.interrupted
}

/** Each transaction once: the daemon may name one twice. */
export async function tellHistory({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const all = await asset.pegHistory(peg.pegsTxid, { signal })
  for (const event of new Map(all.map((each) => [each.txid, each])).values()) {
    const { action, amount, txid, token, deposit, debt } = event
    const name = action === '' ? 'exchange' : action
    output.event({
      event: 'pegs.history',
      action: name,
      txid,
      token,
      amount: coinsText(amount),
      deposit: coinsText(deposit),
      debt: coinsText(debt),
    })
    output.line(` ${name.padEnd(10)}${token.padEnd(8)}${coinsText(amount).padStart(20)}  ${txid}`)
  }
  return EXIT.done
}

export async function tellWorst({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const bad = await asset.worstAccounts(peg.pegsTxid, { signal })
  for (const token of peg.tokens) {
    const { price } = await priceOf(asset, token, { signal })
    for (const { txid, deposit, debt } of bad.filter((account) => account.token === token.name)) {
      const ratio = ratioText(debt, valueOf(deposit, price))
      output.event({
        event: 'pegs.worst',
        token: token.name,
        txid,
        deposit: coinsText(deposit),
        debt: coinsText(debt),
        ratio,
      })
      output.line(
        ` ${ratio.padStart(8)}  ${token.name.padEnd(8)}${coinsText(deposit).padStart(20)} for ${coinsText(debt)}  ${txid}`,
      )
    }
  }
  if (bad.length === 0) output.line(' no account is above 90 %')
  return EXIT.done
}
