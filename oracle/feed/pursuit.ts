/**
 * Takes an unpaid withdrawal one step further: reads what was signed for it so far, lets `choosePayout` decide, and
 * carries that out. Everything that is signed is signed here.
 */
import {
  coinsText,
  isWritable,
  leastAmount,
  mostInputs,
  payoutContent,
  payoutFee,
  payoutOutputs,
  payoutTransaction,
  pubkeyAddress,
  sendReason,
  type CallOptions,
  type Outpoint,
  type Payout,
  type PayoutIntent,
} from '../../komodo/index.js'
import { messageOf } from '../../base/index.js'
import type { Evidence } from './evidence.js'
import { contentOf, type Item, type Journal, type WithdrawalParts } from './journal.js'
import { isOver, payoutsOf } from './ledger-file.js'
import {
  chooseCoins,
  choosePayout,
  livingOf,
  type Candidate,
  type Choice,
  type Coin,
  type SignedPayout,
} from './payouts.js'
import { stepFor, type Place, type Posting } from './posting.js'
import type { Steps } from './steps.js'
import { reservedBut } from './withdrawal.js'
import type { Turns } from './turns.js'

/** A payout that took longer than the default 200 blocks to be signed by all would be worthless. */
const EXPIRY_BLOCKS = 1_440

export interface PursuitParts extends WithdrawalParts {
  readonly journal: Journal
  readonly evidence: Evidence
  readonly steps: Steps
  readonly posting: Posting
  readonly turns: Turns
  /** Whether nothing that was signed for another withdrawal is still to be mined. */
  readonly isFirst: (withdrawTxid: string) => boolean
  /** In a block, as this pass has found. */
  readonly isPaid: (withdrawTxid: string) => boolean
}

interface Order {
  readonly choice: Choice
  readonly tip: number
  /** Why what was signed by all is worth nothing. */
  readonly refusal: string | null
  /** Something of ours could be mined already: what is signed now excludes it. */
  readonly bound: boolean
}

export interface Signed {
  readonly hex: string
  readonly payout: Payout
}

export function createPursuit(parts: PursuitParts) {
  const { settings, reference, gateway, family, file, journal, evidence, steps, posting, turns } = parts
  const { pubkey } = settings
  const { m, n, versions } = gateway
  const fee = payoutFee(gateway.coin)

  /**
   * Everything that signers wrote about it, ours among it: what bears our signature is taken over into the record.
   * Null: nothing may be signed, the state says why.
   */
  async function readHistory(item: Item, place: Place, options: CallOptions): Promise<Candidate[] | null> {
    const line = await steps.line(item.withdrawTxid, place.lastTxid, options)
    if (line === null) {
      const message = `what was signed for it cannot be read back from ${place.lastTxid}: nothing is signed`
      journal.refuse(item, 'E_FEED_WITHDRAWAL', message)
      return null
    }
    const record = journal.recordOf(item.withdrawTxid)
    const known = record === undefined ? [] : payoutsOf(record)
    // With nothing of ours on record, what waits in the mempool may be ours all the same: the state may be lost.
    const waiting = known.length === 0 ? await steps.waiting(item.withdrawTxid, options) : []
    const shown = new Set(line.map(({ hex }) => hex))
    const hexes = new Set([...shown, ...waiting.map(({ hex }) => hex), ...known.map(({ hex }) => hex)])
    const found: Candidate[] = []
    for (const hex of hexes) {
      const candidate = await readOne(item, hex, { listed: shown.has(hex) }, options)
      if (candidate === 'ours') return null
      if (candidate !== null) found.push(candidate)
    }
    journal.adopt(
      item,
      found
        .filter(({ payout }) => payout.signers.includes(pubkey))
        .map(({ hex, payout }) => ({ hex, tx: payout.tx })),
    )
    return found
  }

  /** Null: it is worth nothing. `ours`: it bears our signature and pays other than asked, which nothing here signs. */
  async function readOne(
    item: Item,
    hex: string,
    { listed }: { readonly listed: boolean },
    options: CallOptions,
  ): Promise<Candidate | 'ours' | null> {
    const verdict = await evidence.judge(hex, item.intent, options)
    if (verdict.ok) {
      const { payout } = verdict
      const content = payoutContent(payout.tx)
      return { hex, payout, content, listed, fault: null, anchored: false }
    }
    if (await evidence.isSignedBy(pubkey, hex, options)) {
      journal.refuse(
        item,
        'E_FEED_THIEF',
        `a payout bears our own signature and is wrong: ${verdict.message}`,
      )
      return 'ours'
    }
    if (verdict.why === 'thief')
      journal.warn(item, 'E_FEED_THIEF', `a co-signer proposes another payout: ${verdict.message}`)
    return null
  }

  /** Faults and ages, after what is ours is known. */
  async function weigh(
    item: Item,
    candidates: readonly Candidate[],
    { tip, living }: { readonly tip: number; readonly living: readonly SignedPayout[] },
    options: CallOptions,
  ): Promise<Candidate[]> {
    const reserved = reservedFor(item)
    const own = new Set(living.map(contentOf))
    const weighed: Candidate[] = []
    for (const candidate of candidates) {
      const fault = await evidence.fault(candidate.payout, { tip, reserved }, options)
      const mine = own.has(candidate.content)
      if (fault?.foul === true && !mine)
        journal.warn(item, 'E_FEED_THIEF', `a co-signer proposes another payout: ${fault.message}`)
      const anchored = mine || (fault === null && (await evidence.isAnchored(candidate.payout, options)))
      weighed.push({ ...candidate, fault: fault?.message ?? null, anchored })
    }
    return weighed
  }

  /**
   * The withdrawal is confirmed, and nothing pays it yet. Says whether a payout is there that could, ours or one
   * that we would sign.
   */
  async function pursue(
    item: Item,
    place: Place,
    { complete, refusal }: { readonly complete: boolean; readonly refusal: string | null },
    options: CallOptions,
  ): Promise<boolean> {
    if (!isWanted(item)) return false
    const candidates = await readHistory(item, place, options)
    if (candidates === null) return false
    const tip = await reference.chainInfo(options)
    const record = journal.recordOf(item.withdrawTxid)
    if (record !== undefined)
      journal.keep(item, await evidence.survey(payoutsOf(record), { tip, complete }, options))
    const surveyed = journal.recordOf(item.withdrawTxid)
    const living = surveyed === undefined ? [] : livingOf(payoutsOf(surveyed))
    const weighed = await weigh(item, candidates, { tip: tip.blocks, living }, options)
    const choice = choosePayout({
      candidates: weighed,
      living,
      contentOf,
      pubkey,
      m,
      waitedLong: turns.waitedLong(place),
      lastStep: stepFor(place, { complete: false, m, family }) === 'complete',
    })
    await carryOut(item, place, { choice, tip: tip.blocks, refusal, bound: living.length > 0 }, options)
    return living.length > 0 || weighed.some(({ fault, anchored }) => fault === null && anchored)
  }

  function isWanted(item: Item): boolean {
    if (item.amount < leastAmount(fee)) {
      const message = `${coinsText(item.amount)} does not even cover the fees`
      journal.refuse(item, 'E_FEED_WITHDRAWAL', message)
      return false
    }
    if (!isRejected(item)) return true
    journal.note(item, 'rejected', { message: 'an operator rejected it' })
    return false
  }

  /** What pays another withdrawal; one that is paid in a block needs nothing any more. */
  function reservedFor({ withdrawTxid }: Item): ReadonlySet<string> {
    const unpaid = Object.values(file.state.withdrawals).filter(
      (record) => !parts.isPaid(record.withdrawTxid),
    )
    return reservedBut(unpaid, withdrawTxid)
  }

  const isRejected = ({ withdrawTxid }: Item): boolean =>
    parts.requests().rulings.get(withdrawTxid) === 'reject'

  /** The asset chain takes no step any more, so signers cannot show each other a payout there. */
  const byHand = (why: string): string =>
    `${why}; its signing has ended: ${m} signers have to pay it by hand (docs/feed.md, A signing that was ended)`

  async function carryOut(
    item: Item,
    place: Place,
    { choice, tip, refusal, bound }: Order,
    options: CallOptions,
  ): Promise<void> {
    const closed = stepFor(place, { complete: true, m, family }) === null
    if (choice.do === 'wait') {
      if (choice.why === 'buried')
        return journal.note(item, closed ? 'signed' : 'waiting', {
          message: 'the payout expired; a new one is signed when the old one is buried',
        })
      if (closed && refusal !== null) return journal.note(item, 'refused', { message: byHand(refusal) })
      return journal.note(item, 'partial', { message: 'signed by us; the other signers have to sign now' })
    }
    // Where nothing can be passed on any more, only what our signature completes is of use.
    if (closed && n > 1 && choice.do === 'compose' && m > 1)
      return journal.note(item, 'refused', { message: byHand(refusal ?? 'no payout is there') })
    if (choice.do !== 'pass-on' && !bound && !parts.isFirst(item.withdrawTxid))
      return journal.note(item, 'waiting', {
        message: 'it waits until the payout of another withdrawal, or its change, is mined',
      })
    if (!turns.isOurs(item.withdrawTxid, place)) return
    const signed = await signedOf(item, choice, tip, options)
    if (signed === null) return
    if (parts.dryRun) return journal.note(item, 'signed', { message: 'dry run: not sent' })
    await handOn(item, place, signed, options)
  }

  async function signedOf(
    item: Item,
    choice: Exclude<Choice, { do: 'wait' }>,
    tip: number,
    options: CallOptions,
  ): Promise<Signed | null> {
    if (choice.do === 'pass-on') {
      const verdict = await evidence.judge(choice.hex, item.intent, options)
      if (!verdict.ok) return null
      if (!parts.dryRun && verdict.payout.signers.includes(pubkey))
        journal.remember(item, choice.hex, verdict.payout)
      return { hex: choice.hex, payout: verdict.payout }
    }
    if (!journal.isAllowed(item)) return null
    const hex = choice.do === 'sign' ? choice.hex : await compose(item, choice.sharing, tip, options)
    return hex === null ? null : sign(item, hex, tip, options)
  }

  /** Ours under it; written down before anybody gets it. */
  async function sign(item: Item, hex: string, tip: number, options: CallOptions): Promise<Signed | null> {
    const signed = (await reference.signRaw(hex, options)).hex
    const after = await evidence.judge(signed, item.intent, options)
    const refuse = (message: string): null => {
      journal.refuse(item, 'E_FEED_WITHDRAWAL', message)
      return null
    }
    if (!after.ok) return refuse(`our own node signed another payout: ${after.message}`)
    const { payout } = after
    if (payoutContent(payout.tx) !== contentOf({ hex })) return refuse('our own node signed another payout')
    // Half-signed or unsigned ones would be accepted by the asset chain, and worth nothing.
    if (!payout.signers.includes(pubkey))
      return refuse(
        `the reference node did not sign: import the key of ${pubkeyAddress(pubkey, versions)} into its wallet`,
      )
    const reserved = reservedFor(item)
    const fault = await evidence.fault(payout, { tip, reserved }, options)
    if (fault !== null) return refuse(`the payout was not signed: ${fault.message}`)
    // What was sent since the pass looked for payments has taken its coins off the list that ours was chosen by. What is
    // sent after that list was read spends a coin of it that ours spends too.
    const { found } = await evidence.payment(item.intent, [], options)
    if (found !== 'none') {
      journal.note(item, 'waiting', { message: 'another payout of it was sent meanwhile' })
      return null
    }
    if (!parts.dryRun) journal.remember(item, signed, payout)
    return { hex: signed, payout }
  }

  /** By the daemon, but for a withdrawal to the deposit address: its call cannot pay one address twice. */
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

  /** A new payout, unsigned. */
  async function compose(
    item: Item,
    sharing: readonly (readonly Outpoint[])[],
    tip: number,
    options: CallOptions,
  ): Promise<string | null> {
    const coins = await reference.unspent(1, [gateway.deposit], options)
    const reserved = reservedFor(item)
    const most = mostInputs(gateway)
    const chosen = chooseCoins(coins, { amount: item.amount, reserved, sharing, mostInputs: most })
    if (chosen.coins !== null) return rawOf(item.intent, chosen.coins, tip + EXPIRY_BLOCKS, options)
    if (chosen.why === 'shared')
      journal.note(item, 'waiting', { message: 'a coin of an earlier payout is on its way' })
    if (chosen.why === 'many')
      journal.refuse(
        item,
        'E_FEED_WITHDRAWAL',
        `the deposit address has too many small coins: more than ${most} inputs would be needed; merge them`,
      )
    if (chosen.why === 'short') await tooLittle(item, options)
    return null
  }

  /** Change of a payout that is not mined yet comes by itself; else the gateway lacks coins. */
  async function tooLittle(item: Item, options: CallOptions): Promise<void> {
    const all = await reference.unspent(0, [gateway.deposit], options)
    const names = new Set(all.map(({ txid, vout }) => `${txid}:${vout}`))
    const sum = all.reduce((total, { sat }) => total + sat, 0n)
    const leaving = Object.values(file.state.withdrawals)
      .filter((record) => record.withdrawTxid !== item.withdrawTxid && !isOver(record))
      .filter((record) =>
        livingOf(payoutsOf(record)).some(({ inputs }) =>
          inputs.some(({ txid, vout }) => names.has(`${txid}:${vout}`)),
        ),
      )
      .reduce((total, { amount }) => total + BigInt(amount), 0n)
    if (sum - leaving >= item.amount)
      return journal.note(item, 'waiting', {
        message: 'it waits for the change of another payout, or for a deposit, that is not mined yet',
      })
    const unseen =
      all.length > 0
        ? ''
        : `; the reference wallet sees no coin of ${gateway.deposit}: if it has some, start that daemon once with -rescan`
    journal.refuse(
      item,
      'E_FEED_WITHDRAWAL',
      `the deposit address has ${coinsText(sum - leaving)} free, ${coinsText(item.amount)} is due${unseen}`,
    )
  }

  async function handOn(
    item: Item,
    place: Place,
    { hex, payout }: Signed,
    options: CallOptions,
  ): Promise<void> {
    const { complete } = payout
    const kind = stepFor(place, { complete, m, family })
    if (kind === null || (complete && place.stage === 'signed')) {
      if (complete) await broadcast(item, { hex, txid: payout.txid }, options)
      else journal.note(item, 'partial', { message: 'signed by us, and there is no step left to pass it on' })
      return
    }
    const txid = await posting.step(item.withdrawTxid, place, { kind, hex }, options)
    if (txid === null) return
    journal.note(item, complete ? 'signed' : 'partial', {
      txid,
      ...(complete ? { payoutTxid: payout.txid } : {}),
    })
  }

  /** `expired`, `refused`: the reference node does not take it; of the latter the state says why. */
  async function broadcast(
    item: Item,
    { hex, txid }: { readonly hex: string; readonly txid: string },
    options: CallOptions,
  ): Promise<'sent' | 'later' | 'expired' | 'refused'> {
    if (parts.dryRun) {
      journal.note(item, 'broadcast', { message: 'dry run: not sent' })
      return 'sent'
    }
    if (!isWritable(reference.rpc.health)) return 'later'
    // Written down before it leaves.
    if (journal.recordOf(item.withdrawTxid)?.payoutTxid !== txid)
      journal.note(item, 'signed', { payoutTxid: txid })
    try {
      await reference.send(hex, options)
    } catch (error) {
      const reason = sendReason(error)
      if (reason === null) throw error
      if (reason === 'expired') return 'expired'
      if (reason !== 'in-chain') {
        const message = `the reference node does not take the payout: ${messageOf(error)}`
        journal.refuse(item, 'E_FEED_WITHDRAWAL', message)
        return 'refused'
      }
    }
    journal.note(item, 'broadcast', { txid, payoutTxid: txid })
    return 'sent'
  }

  return { pursue, broadcast, handOn, readHistory, isRejected }
}

export type Pursuit = ReturnType<typeof createPursuit>
