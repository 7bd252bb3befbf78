/** Signs payouts, in our turn. Everything that is signed is signed here, and written down before anybody gets it. */
import {
  coinsText,
  mostInputs,
  payoutContent,
  payoutOutputs,
  payoutTransaction,
  pubkeyAddress,
  type CallOptions,
  type Outpoint,
  type PayoutIntent,
} from '../../komodo/index.js'
import type { Action, Fact } from './withdrawal-states.js'
import { contentOf, type Item } from './journal.js'
import { isOver, payoutsOf } from './ledger-file.js'
import { chooseCoins, livingOf, nameOf, type Coin } from './payouts.js'
import type { WithdrawalTools } from './tools.js'

/** A payout that took longer than the default 200 blocks to be signed by all would be worthless. */
const EXPIRY_BLOCKS = 1_440

type SignAction = Extract<Action, { do: 'sign' }>

const fails = (message: string): Fact => ({ fact: 'trouble', code: 'E_FEED_WITHDRAWAL', message })
const waits = (why: string): Fact => ({ fact: 'barred', verdict: { verdict: 'wait', why } })

export function createSigning(tools: WithdrawalTools) {
  const { settings, reference, gateway, file, dryRun, journal, evidence, payment, turns, order } = tools
  const { pubkey } = settings

  /** Ours under it; written down before anybody gets it. */
  async function sign(
    item: Item,
    hex: string,
    { place, tip }: Pick<SignAction, 'place' | 'tip'>,
    options: CallOptions,
  ): Promise<Fact> {
    const signed = (await reference.signRaw(hex, options)).hex
    const after = await evidence.judge(signed, item.intent, options)
    if (!after.ok) return fails(`our own node signed another payout: ${after.message}`)
    const { payout } = after
    if (payoutContent(payout.tx) !== contentOf({ hex })) return fails('our own node signed another payout')
    // Half-signed or unsigned ones would be accepted by the asset chain, and worth nothing.
    if (!payout.signers.includes(pubkey))
      return fails(
        `the reference node did not sign: import the key of ${pubkeyAddress(pubkey, gateway.versions)} into its wallet`,
      )
    const reserved = order.reservedFor(item.withdrawTxid)
    const fault = await evidence.fault(payout, tip, reserved, options)
    if (fault !== null) return fails(`the payout was not signed: ${fault.message}`)
    // The list that our coins were chosen by no longer holds the coins of a payout that was sent since payments were
    // looked for. A payout that is sent after that list was read spends a coin that ours spends too.
    const { found } = await payment(item.intent, [], options)
    if (found !== 'none') return waits('another payout of it was sent meanwhile')
    if (!dryRun) journal.remember(item, signed, payout)
    return { fact: 'ready', signed: { hex: signed, payout }, place }
  }

  /**
   * The unsigned payout. The daemon builds it, but for a withdrawal to the deposit address: its call cannot pay one
   * address twice.
   */
  async function rawOf(
    intent: PayoutIntent,
    coins: readonly Coin[],
    expiry: number,
    options: CallOptions,
  ): Promise<string> {
    if (intent.payAddress === intent.depositAddress) return payoutTransaction(intent, coins, expiry)
    const total = coins.reduce((sum, { sat }) => sum + sat, 0n)
    return reference.createRaw(coins, payoutOutputs(intent, total), expiry, options)
  }

  /** A new payout, unsigned, or why there is none. */
  async function compose(
    item: Item,
    sharing: readonly (readonly Outpoint[])[],
    tip: number,
    options: CallOptions,
  ): Promise<string | Fact> {
    const coins = await reference.unspent(1, [gateway.deposit], options)
    const reserved = order.reservedFor(item.withdrawTxid)
    const most = mostInputs(gateway)
    const chosen = chooseCoins(coins, { amount: item.amount, reserved, sharing, mostInputs: most })
    if (chosen.coins !== null) return rawOf(item.intent, chosen.coins, tip + EXPIRY_BLOCKS, options)
    switch (chosen.why) {
      case 'shared':
        return waits('a coin of an earlier payout is on its way')
      case 'many':
        return fails(
          `the deposit address has too many small coins: more than ${most} inputs would be needed; merge them`,
        )
      case 'short':
        return tooLittle(item, options)
    }
  }

  /** Change of a payout that is not mined yet comes by itself; else the gateway lacks coins. */
  async function tooLittle(item: Item, options: CallOptions): Promise<Fact> {
    const all = await reference.unspent(0, [gateway.deposit], options)
    const names = new Set(all.map(nameOf))
    const sum = all.reduce((total, { sat }) => total + sat, 0n)
    const leaving = Object.values(file.state.withdrawals)
      .filter((record) => record.withdrawTxid !== item.withdrawTxid && !isOver(record))
      .filter((record) =>
        livingOf(payoutsOf(record)).some(({ inputs }) => inputs.some((input) => names.has(nameOf(input)))),
      )
      .reduce((total, { amount }) => total + BigInt(amount), 0n)
    if (sum - leaving >= item.amount)
      return waits('it waits for the change of another payout, or for a deposit, that is not mined yet')
    const unseen =
      all.length > 0
        ? ''
        : `; the reference wallet sees no coin of ${gateway.deposit}: if it has some, start that daemon once with -rescan`
    return fails(
      `the deposit address has ${coinsText(sum - leaving)} free, ${coinsText(item.amount)} is due${unseen}`,
    )
  }

  return {
    async sign(item: Item, { choice, place, tip }: SignAction, options: CallOptions): Promise<Fact> {
      if (!turns.isOurs(item.withdrawTxid, place)) return { fact: 'later' }
      if (choice.do === 'pass-on') {
        const verdict = await evidence.judge(choice.hex, item.intent, options)
        if (!verdict.ok) return { fact: 'later' }
        const { payout } = verdict
        if (!dryRun && payout.signers.includes(pubkey)) journal.remember(item, choice.hex, payout)
        return { fact: 'ready', signed: { hex: choice.hex, payout }, place }
      }
      const verdict = journal.policyOf(item)
      if (verdict.verdict !== 'pay') return { fact: 'barred', verdict }
      const made = choice.do === 'sign' ? choice.hex : await compose(item, choice.sharing, tip, options)
      return typeof made === 'string' ? sign(item, made, { place, tip }, options) : made
    },
  }
}
