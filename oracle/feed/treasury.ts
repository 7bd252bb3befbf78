/**
 * Keeps the subscriptions filled within the spending limit, and the wallet's outputs few.
 * docs/protocol/komodo.md#subscriptions
 */
import { messageOf, type Sleep } from '../../base/index.js'
import {
  buildReason,
  coinsText,
  conditionScript,
  EVAL,
  inspectMerge,
  inspectSubscribe,
  isWritable,
  moduleCondition,
  opOf,
  pubkeyAddress,
  type CallOptions,
} from '../../komodo/index.js'
import type { FundsEvent } from './events.js'
import {
  budgetOf,
  decideFunds,
  forecast,
  toConsolidate,
  TX_FEE,
  WALLET_MS,
  type Forecast,
  type FundsFacts,
} from './funds.js'
import { addToDay, todaySum, type StateFile } from './ledger-file.js'
import type { RelayFacts } from './relay.js'
import type { GatewaySettings } from './config.js'
import { AT_ONCE } from './build-queue.js'
import type { GatewayParts } from './parts.js'

export interface TreasuryParts extends GatewayParts {
  readonly file: StateFile
  readonly sleep: Sleep
  /** Reference blocks an hour. */
  readonly perHour: () => number
}

export interface TreasuryView {
  forecast: Forecast | null
  /** Satoshis. */
  wallet: bigint | null
  subscribed: number
  merged: number
  /** Why needed coins could not be subscribed; null: nothing is wrong. */
  alarm: 'limit' | 'wallet' | null
}

export interface Treasury {
  readonly view: TreasuryView
  look(facts: RelayFacts, signal: AbortSignal): Promise<void>
}

const EVERY_MS = 30_000
const TELL_MS = 600_000

export function createTreasury(parts: TreasuryParts): Treasury {
  const { settings, asset, file, emit, now, monotonicMs, inTurn = AT_ONCE } = parts
  const { oracleTxid, pubkey, funds } = settings
  const view: TreasuryView = { forecast: null, wallet: null, subscribed: 0, merged: 0, alarm: null }
  let lookedAt = -Infinity
  let lookedOutputs = -1
  let toldAt = -Infinity

  async function look(before: RelayFacts, signal: AbortSignal): Promise<void> {
    const options = { signal }
    // The relay has sent headers since it counted, so what they spent is left out.
    const left = before.utxos.filter((utxo) => !before.mempool.isSpent(utxo))
    const facts = { ...before, budget: budgetOf(left, before.registration.dataFee) }
    const inFlight = unconfirmed(facts, settings)
    const outputs = facts.budget.whole + inFlight.coming + inFlight.inFlight
    if (monotonicMs() - lookedAt < EVERY_MS && outputs >= lookedOutputs) return
    const { balance } = await asset.nodeInfo(options)
    const all: FundsFacts = {
      budget: facts.budget,
      ...inFlight,
      dataFee: facts.registration.dataFee,
      spentToday: todaySum(file.state.subscribed, now()),
      wallet: balance,
      perHour: parts.perHour(),
    }
    view.wallet = balance
    view.forecast = forecast(all)
    lookedAt = monotonicMs()
    lookedOutputs = outputs
    const action = decideFunds(all, funds)
    const alarmed = view.alarm
    view.alarm = action.do === 'alarm' ? action.why : null
    const may = funds.auto && !parts.dryRun && isWritable(asset.rpc.health)
    if (action.do === 'subscribe' && may) await subscribe(action.count, action.sat, facts, options)
    else if (action.do === 'alarm' && alarmed !== action.why)
      tell(facts, { action: 'alarm', message: ALARMS[action.why] })
    else if (monotonicMs() - toldAt > TELL_MS) tell(facts, { action: 'none' })
    if (funds.merge && may) await inTurn(() => merge(facts, options))
  }

  async function subscribe(
    count: number,
    sat: bigint,
    facts: RelayFacts,
    options: CallOptions,
  ): Promise<void> {
    for (let k = 0; k < count; k++) {
      try {
        const built = await inTurn(async () => {
          const hex = await asset.oracleSubscribe(oracleTxid, pubkey, sat, options)
          const built = inspectSubscribe(
            hex,
            { oracleTxid, publisher: pubkey, sat },
            { height: facts.assetHeight, pubkey },
          )
          // Counted before it is sent: a crash may waste the day's limit, never exceed it.
          file.update((state) => ({ ...state, subscribed: addToDay(state.subscribed, sat, now()) }))
          await asset.send(hex, options)
          return built
        })
        facts.mempool.learn(built.txid, built.hex)
        view.subscribed++
        tell(facts, { action: 'subscribed', txid: built.txid, message: `${coinsText(sat)} for more headers` })
      } catch (error) {
        if (buildReason(error) !== 'normal-coins') throw error
        if (k > 0) return // The wallet's change comes with the next block.
        view.alarm = 'wallet'
        return tell(facts, { action: 'alarm', message: messageOf(error) })
      }
      // Before the wallet knows its change, the daemon would say that it has no coins.
      if (k + 1 < count) await parts.sleep(WALLET_MS, options.signal)
    }
  }

  async function merge(facts: RelayFacts, options: CallOptions): Promise<void> {
    const address = pubkeyAddress(pubkey)
    const all = await asset.unspent(1, [address], options)
    const chosen = toConsolidate(
      all.filter((utxo) => utxo.spendable && !utxo.coinbase && !facts.mempool.isSpent(utxo)),
      facts.registration.dataFee,
    )
    if (chosen.length === 0) return
    const sum = chosen.reduce((total, utxo) => total + utxo.sat, 0n)
    const sat = sum - TX_FEE
    if (sat <= 0n) return
    const raw = await asset.createRaw(chosen, [[address, sat]], 0, options)
    const { hex } = await asset.signRaw(raw, options)
    const built = inspectMerge(hex, { inputs: chosen, sat }, { height: facts.assetHeight, pubkey })
    await asset.send(hex, options)
    facts.mempool.learn(built.txid, hex)
    view.merged += chosen.length
    tell(facts, { action: 'merged', txid: built.txid, message: `${chosen.length} small outputs became one` })
  }

  function tell(facts: RelayFacts, rest: Pick<FundsEvent, 'action' | 'txid' | 'message'>): void {
    toldAt = monotonicMs()
    const { budget } = facts
    const { headersLeft = 0, hoursLeft = Infinity } = view.forecast ?? {}
    emit({
      event: 'funds',
      gateway: settings.name,
      oracle: coinsText(budget.sat),
      outputs: budget.whole,
      headersLeft,
      hoursLeft: Number.isFinite(hoursLeft) ? Math.round(hoursLeft * 10) / 10 : null,
      wallet: coinsText(view.wallet ?? 0n),
      ...rest,
    })
  }

  return { view, look }
}

const ALARMS = {
  limit: 'the subscriptions run low, and the spending limit of the day (funds.dailyLimit) is reached',
  wallet: 'the subscriptions run low, and the wallet has no coins for more',
} as const

/** Subscriptions and change on their way into the coming block. */
function unconfirmed({ mempool, registration }: RelayFacts, { oracleTxid, pubkey }: GatewaySettings) {
  const own = conditionScript(moduleCondition(EVAL.oracles, pubkey))
  let [coming, comingSat, inFlight, inFlightSat] = [0, 0n, 0, 0n]
  for (const tx of mempool.transactions.values()) {
    const op = opOf(tx)
    const [first] = tx.outputs
    if (op === null || !('oracleTxid' in op) || op.oracleTxid !== oracleTxid || first?.script !== own)
      continue
    if (op.op === 'oracle-subscribe') {
      coming++
      comingSat += first.value
    } else if (op.op === 'oracle-data') {
      if (first.value >= registration.dataFee) inFlight++
      inFlightSat += first.value
    }
  }
  return { coming, comingSat, inFlight, inFlightSat }
}
