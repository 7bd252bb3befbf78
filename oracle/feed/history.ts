/**
 * What signers wrote about a withdrawal that nothing pays: read back from the asset chain, held against what this node
 * signed before, and weighed, so that `choosePayout` can decide. Signs nothing.
 */
import {
  addressOfScript,
  payoutContent,
  type CallOptions,
  type ChainInfo,
  type PayoutIntent,
} from '../../komodo/index.js'
import { readable } from './evidence.js'
import type { Action, Fact } from './withdrawal-states.js'
import { contentOf, type Item } from './journal.js'
import { payoutsOf } from './ledger-file.js'
import { choosePayout, livingOf, type Candidate, type SignedPayout } from './payouts.js'
import type { WithdrawalTools } from './tools.js'
import { stepFor, whyNotRelease, type Place } from './withdrawal.js'

type Trouble = Extract<Fact, { fact: 'trouble' }>

export function createHistory(tools: WithdrawalTools) {
  const { settings, reference, gateway, family, journal, evidence, steps, turns, order } = tools
  const { pubkey } = settings
  const { m } = gateway

  /** Everything that signers wrote about it: what bears our signature is taken over into the record. */
  async function read(item: Item, place: Place, options: CallOptions): Promise<Candidate[] | Trouble> {
    const line = await steps.line(item.withdrawTxid, place.lastTxid, options)
    if (line === null) {
      const message = `what was signed for it cannot be read back from ${place.lastTxid}: nothing is signed`
      return { fact: 'trouble', code: 'E_FEED_WITHDRAWAL', message }
    }
    const known = payoutsOf(journal.knownOf(item))
    // With nothing of ours on record, what waits in the mempool may be ours all the same: the state may be lost.
    const waiting = known.length === 0 ? await steps.waiting(item.withdrawTxid, options) : []
    const shown = new Set(line.map(({ hex }) => hex))
    const hexes = new Set([...shown, ...waiting.map(({ hex }) => hex), ...known.map(({ hex }) => hex)])
    const found: Candidate[] = []
    for (const hex of hexes) {
      const candidate = await readOne(item, hex, { listed: shown.has(hex) }, options)
      if (candidate !== null && 'fact' in candidate) return candidate
      if (candidate !== null) found.push(candidate)
    }
    const ours = found.filter(({ payout }) => payout.signers.includes(pubkey))
    journal.adopt(
      item,
      ours.map(({ hex, payout }) => ({ hex, tx: payout.tx })),
    )
    return found
  }

  /**
   * Reads one step. Null: it is of no use. It is trouble if it bears our signature and this marker, and pays other than
   * asked.
   */
  async function readOne(
    item: Item,
    hex: string,
    { listed }: { readonly listed: boolean },
    options: CallOptions,
  ): Promise<Candidate | Trouble | null> {
    const verdict = await evidence.judge(hex, item.intent, options)
    if (verdict.ok) {
      const { payout } = verdict
      const content = payoutContent(payout.tx)
      return { hex, payout, content, listed, fault: null, anchored: false }
    }
    // Payouts of other withdrawals bear our signature too, and any signer can show one here: the marker says whose it is.
    if (bearsMarker(hex, item.intent) && (await evidence.isSignedBy(pubkey, hex, options))) {
      const message = `a payout bears our own signature and is wrong: ${verdict.message}`
      return { fact: 'trouble', code: 'E_FEED_THIEF', message }
    }
    if (verdict.why === 'thief') warnOfAnother(journal, item, verdict.message)
    return null
  }

  /** What is proven by now about all that we signed for it is kept. */
  async function survey(item: Item, complete: boolean, options: CallOptions): Promise<ChainInfo> {
    const tip = await reference.chainInfo(options)
    const payouts = payoutsOf(journal.knownOf(item))
    journal.keep(item, await evidence.survey(payouts, tip, complete, options))
    return tip
  }

  return {
    async choose(
      item: Item,
      { unpaid, refusal }: Extract<Action, { do: 'choose' }>,
      options: CallOptions,
    ): Promise<Fact> {
      const { place, complete } = unpaid
      const candidates = await read(item, place, options)
      if ('fact' in candidates) return candidates
      const { blocks: tip } = await survey(item, complete, options)
      const living = livingOf(payoutsOf(journal.knownOf(item)))
      const weighed = await weigh(tools, item, candidates, { tip, living }, options)
      const choice = choosePayout({
        candidates: weighed,
        living,
        contentOf,
        pubkey,
        m,
        waitedLong: turns.waitedLong(place),
        lastStep: stepFor(place, { complete: false, m, family }) === 'complete',
      })
      return {
        fact: 'chosen',
        choice,
        place,
        tip,
        refusal,
        bound: living.length > 0,
        first: order.isFirst(item.withdrawTxid),
        payable: living.length > 0 || weighed.some(({ fault, anchored }) => fault === null && anchored),
      }
    },

    /** Finds out whether it may be released: never if a payout was signed that could be mined. */
    async examine(item: Item, place: Place, options: CallOptions): Promise<Fact> {
      const candidates = await read(item, place, options)
      if ('fact' in candidates) return { ...candidates, examined: true }
      await survey(item, true, options)
      return { fact: 'releasable', place, why: whyNotRelease(journal.knownOf(item)) }
    },
  }
}

function warnOfAnother(journal: WithdrawalTools['journal'], item: Item, why: string): void {
  journal.warn(item, 'E_FEED_THIEF', `a co-signer proposes another payout: ${why}`)
}

/** Finds faults and ages, once what is ours is known. */
async function weigh(
  { evidence, journal, order }: WithdrawalTools,
  item: Item,
  candidates: readonly Candidate[],
  { tip, living }: { readonly tip: number; readonly living: readonly SignedPayout[] },
  options: CallOptions,
): Promise<Candidate[]> {
  const reserved = order.reservedFor(item.withdrawTxid)
  const own = new Set(living.map(contentOf))
  const weighed: Candidate[] = []
  for (const candidate of candidates) {
    const fault = await evidence.fault(candidate.payout, tip, reserved, options)
    const mine = own.has(candidate.content)
    if (fault?.foul === true && !mine) warnOfAnother(journal, item, fault.message)
    const anchored = mine || (fault === null && (await evidence.isAnchored(candidate.payout, options)))
    weighed.push({ ...candidate, fault: fault?.message ?? null, anchored })
  }
  return weighed
}

function bearsMarker(hex: string, { markerAddress, versions }: PayoutIntent): boolean {
  const outputs = readable(hex)?.outputs ?? []
  return outputs.some(({ script }) => addressOfScript(script, versions) === markerAddress)
}
