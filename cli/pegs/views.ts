/** `pegs info | price | accounts | history | worst`: a peg and its accounts are looked at. */
import {
  coinsText,
  pricesOf,
  ratioText,
  standingOf,
  valueOf,
  victimsIn,
  viewOf,
  type PriceView,
} from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import type { Holder } from './holder.js'
import type { PegsContext } from './plan.js'

export async function tellPeg({ output, signal }: PegsContext, { asset, peg }: Holder): Promise<number> {
  const totals = await asset.pegTotals(peg.pegsTxid, { signal })
  const prices = await pricesOf(asset, peg.tokens, { signal })
  for (const token of peg.tokens) {
    const { price, market, blocksLeft, height } = prices.get(token.tokenId) as PriceView
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
    output.line(`   ${coinsText(deposit)} tokens in accounts, ${coinsText(debt)} coins owed`)
    output.line(`   deposits go to ${token.gateway.deposit}`)
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
    output.line(
      ` ${name.padEnd(10)}${coinsText(amount)} of ${token}: deposit ${coinsText(deposit)}, debt ${coinsText(debt)}`,
    )
    output.line(`           ${txid}`)
  }
  return EXIT.done
}

export async function tellWorst(
  { output, signal }: PegsContext,
  { asset, peg, pubkey }: Holder,
): Promise<number> {
  const standing = await standingOf(asset, peg, { signal })
  const bad = peg.tokens.flatMap((token) =>
    victimsIn(standing, peg, token).map((victim) => ({ ...victim, token: token.name })),
  )
  for (const { txid, token, owner, deposit, debt, ratio, gain } of bad) {
    const profit = gain && coinsText(gain.profit)
    const facts = { deposit: coinsText(deposit), debt: coinsText(debt), ratio, profit }
    output.event({ event: 'pegs.worst', token, txid, ...facts })
    const what =
      owner === pubkey
        ? 'your own: fund or redeem it'
        : profit === null
          ? 'only its owner can mend it'
          : `profit ${profit}`
    output.line(` ${ratio.padStart(8)}  ${facts.deposit} ${token} for ${facts.debt}: ${what}`)
    output.line(`           ${txid}`)
  }
  if (bad.length === 0) output.line(` no account is above ${peg.thresholds.red} %`)
  return EXIT.done
}
