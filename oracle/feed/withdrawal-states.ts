/**
 * The states of a withdrawal: what each fact makes of its record, and what is to be done next. Pure; nothing else sets
 * a withdrawal's state. `carry-out.ts` carries out one action at a time and answers it with one fact.
 */
import { coinsText, leastAmount, type Payout, type PayoutVerdict } from '../../komodo/index.js'
import type { WithdrawalStep } from './events.js'
import type { Known, WithdrawalRecord } from './ledger-file.js'
import type { Paid } from './payments.js'
import type { Choice } from './payouts.js'
import { stepFor, type Place, type PolicyVerdict, type StepKind } from './withdrawal.js'

export type RefusalCode = 'E_FEED_THIEF' | 'E_FEED_WITHDRAWAL'

/** What this signer of the gateway has signed, to be shown to the others or sent. */
export interface Signed {
  readonly hex: string
  readonly payout: Pick<Payout, 'txid' | 'complete'>
}

/** Where a withdrawal stands that nothing pays. */
export interface Unpaid {
  readonly place: Place
  /** That nothing pays it is certain: the node has an address index, or its wallet watched from the first. */
  readonly complete: boolean
}

export type Fact =
  /** The asset daemon lists it as asked for. */
  | { readonly fact: 'asked'; readonly confirmed: boolean }
  /** The asset daemon lists it as completely signed. */
  | { readonly fact: 'completed'; readonly confirmed: boolean }
  /** No list names it any more: it is marked, or so long paid that another signer marked it. */
  | { readonly fact: 'finished' }
  /** More transactions bear its marker than one pass looks at. */
  | { readonly fact: 'unclear'; readonly left: number }
  /** Paid before it was completely signed on the asset chain, where it has to pass as complete to be marked. */
  | {
      readonly fact: 'paidEarly'
      readonly by: Paid
      readonly verdict: PayoutVerdict
      readonly place: Place
    }
  /** Completely signed, and paid; `deep`: long enough ago to be marked. */
  | { readonly fact: 'paid'; readonly by: Paid; readonly deep: boolean; readonly completeTxid: string }
  /** Nothing pays it, and signatures are missing. */
  | { readonly fact: 'open'; readonly unpaid: Unpaid }
  /** Nothing pays it, and this was handed on as completely signed. */
  | {
      readonly fact: 'unsent'
      readonly hex: string
      readonly verdict: PayoutVerdict
      readonly unpaid: Unpaid
    }
  /**
   * Listed as completely signed and as asked for. A step that spends a marker of another withdrawal may name this one:
   * the line that daemons go by is what counts.
   */
  | { readonly fact: 'doubted' }
  /** Completely signed without a payment, by this node's owner. */
  | { readonly fact: 'released'; readonly completeTxid: string }
  /** Whether it may be released; `why` not, or null. */
  | { readonly fact: 'releasable'; readonly place: Place; readonly why: string | null }
  /** What signers wrote was read, and this is what to do about it. */
  | {
      readonly fact: 'chosen'
      readonly choice: Choice
      readonly place: Place
      readonly tip: number
      /** Why what was signed by all is worth nothing. */
      readonly refusal: string | null
      /** Something of ours could be mined already: what is signed now excludes it. */
      readonly bound: boolean
      /** Nothing that was signed for an earlier withdrawal is still to be mined. */
      readonly first: boolean
      /** A payout is there that could pay it, ours or one that we would sign. */
      readonly payable: boolean
    }
  /** An operator has to look at it; `examined`: found when it was to be released, which it is not. */
  | {
      readonly fact: 'trouble'
      readonly code: RefusalCode
      readonly message: string
      readonly examined?: boolean
    }
  /** It may not be signed, or not now. */
  | { readonly fact: 'barred'; readonly verdict: Exclude<PolicyVerdict, { verdict: 'pay' }> }
  /** Another signer's turn, or the chain is not that far. */
  | { readonly fact: 'later' }
  /** Written down: it may leave. */
  | { readonly fact: 'ready'; readonly signed: Signed; readonly place: Place }
  /** A step is on its way on the asset chain; `payout` is null in a release. */
  | { readonly fact: 'posted'; readonly txid: string; readonly payout: Signed['payout'] | null }
  /** The payout is on its way on the reference chain. */
  | { readonly fact: 'sent'; readonly txid: string }
  /** The reference node does not take the payout any more: it has expired. */
  | { readonly fact: 'expired'; readonly unpaid: Unpaid | null }
  /** The reference node does not take the payout: another transaction has spent its coins. */
  | { readonly fact: 'spent'; readonly unpaid: Unpaid | null }
  /** The mark is on its way; `payoutTxid` is null after a release. */
  | { readonly fact: 'marked'; readonly txid: string; readonly payoutTxid: string | null }

export type Action =
  | { readonly do: 'rest' }
  /** Ask both chains what became of it. */
  | { readonly do: 'look' }
  /** Find out whether it may be released. */
  | { readonly do: 'examine'; readonly place: Place }
  /** Read what signers wrote, and choose a payout. */
  | { readonly do: 'choose'; readonly unpaid: Unpaid; readonly refusal: string | null }
  /** In our turn. */
  | {
      readonly do: 'sign'
      readonly choice: Exclude<Choice, { do: 'wait' }>
      readonly place: Place
      readonly tip: number
    }
  /** Wait for our turn to hand on what pays it. */
  | { readonly do: 'offer'; readonly signed: Signed; readonly place: Place }
  /** Send a step on the asset chain; without a payout it releases the withdrawal. */
  | {
      readonly do: 'post'
      readonly kind: StepKind
      readonly place: Place
      readonly signed: Signed | null
    }
  /** Send the payout; `unpaid`: what to go on from if it expired. */
  | {
      readonly do: 'send'
      readonly hex: string
      readonly txid: string
      readonly unpaid: Unpaid | null
    }
  | { readonly do: 'mark'; readonly completeTxid: string; readonly payoutTxid: string | null }

/** What holds for the gateway at this moment. */
export interface Terms {
  readonly m: number
  readonly n: number
  readonly family: 'A' | 'B'
  /** Satoshis. */
  readonly fee: bigint
  readonly dryRun: boolean
  /** An operator rejected it. */
  readonly rejected: boolean
  /** An operator asked to release it without a payment. */
  readonly release: boolean
  /** The reference daemon is believed to pass on what it gets. */
  readonly writable: boolean
}

/** A line of the log, said once. */
export interface Say {
  readonly code: RefusalCode
  readonly message: string
  readonly level: 'warn' | 'error'
}

export interface Move {
  readonly record: Known
  readonly action: Action
  /** What made it so, for those who are told. */
  readonly txid?: string | null
  readonly says?: readonly Say[]
  /** What the operator asked for is carried out or refused. */
  readonly answered?: boolean
}

type Noted = Partial<Pick<WithdrawalRecord, 'message' | 'payoutTxid' | 'markTxid'>>

const REST: Action = { do: 'rest' }
const REJECTED = 'an operator rejected it'
const RELEASED = 'released without a payment, as an operator asked'
const BARRED = { hold: 'held', reject: 'rejected', wait: 'waiting' } as const

/** The state, with its message: what is not said anew no longer holds. */
const note = (record: Known, step: WithdrawalStep, noted: Noted = {}): Known => ({
  ...record,
  message: '',
  ...noted,
  step,
})
/** Ends in that state for this pass. */
const end = (record: Known, step: WithdrawalStep, noted: Noted = {}, more: Partial<Move> = {}): Move => ({
  record: note(record, step, noted),
  action: REST,
  ...more,
})
const stay = (record: Known, action: Action = REST): Move => ({ record, action })

export function advanceWithdrawal(record: Known, fact: Fact, terms: Terms): Move {
  switch (fact.fact) {
    case 'asked':
      return stay(begun(record, 'seen'), fact.confirmed ? { do: 'look' } : REST)
    case 'completed':
      return fact.confirmed ? stay(record, { do: 'look' }) : stay(begun(record, 'signed'))
    case 'finished':
      return record.step === 'settling'
        ? end(record, 'settled')
        : end(record, 'done', {}, { txid: record.payoutTxid })
    case 'unclear':
      return end(record, record.step === 'new' ? 'seen' : record.step, {
        message: `${fact.left} more transactions that bear its marker have to be looked at`,
      })
    case 'paidEarly':
      return paidEarly(record, fact, terms)
    case 'paid':
      return paid(record, fact, terms)
    case 'open':
      return open(record, fact.unpaid, terms)
    case 'unsent':
      return unsent(record, fact, terms)
    case 'released':
      return released(record, fact, terms)
    case 'releasable':
      return releasable(record, fact, terms)
    case 'chosen':
      return chosen(record, fact, terms)
    case 'trouble':
      return trouble(record, fact)
    case 'barred':
      return end(record, BARRED[fact.verdict.verdict], { message: fact.verdict.why })
    case 'ready':
      return ready(record, fact, terms)
    case 'posted':
      return posted(record, fact)
    case 'sent':
      return end(record, 'broadcast', { payoutTxid: fact.txid }, { txid: fact.txid })
    case 'expired':
    case 'spent':
      if (fact.unpaid === null) return stay(record)
      return pursue(record, fact.unpaid, NOT_MINED[fact.fact], terms)
    case 'marked':
      return marked(record, fact)
    case 'doubted':
    case 'later':
      return stay(record)
  }
}

const NOT_MINED = {
  expired: 'the payout expired before it was mined',
  spent: 'the coins of the payout are spent',
} as const

type Of<K extends Fact['fact']> = Extract<Fact, { fact: K }>

const begun = (record: Known, step: WithdrawalStep): Known =>
  record.step === 'new' ? note(record, step) : record

/** It is neither signed nor sent until an operator has looked at it. */
function refuse(record: Known, { code, message }: Omit<Of<'trouble'>, 'fact'>): Move {
  const says = [{ code, message, level: 'error' as const }]
  return end(record, code === 'E_FEED_THIEF' ? 'refused' : 'stuck', { message }, { says })
}

function trouble(record: Known, fact: Of<'trouble'>): Move {
  const move = refuse(record, fact)
  if (fact.examined !== true) return move
  const unread = notReleased(record, 'what was signed for it cannot be read')
  return { ...move, says: [...(move.says ?? []), unread], answered: true }
}

const notReleased = ({ withdrawTxid }: Known, why: string): Say => ({
  code: 'E_FEED_WITHDRAWAL',
  message: `${withdrawTxid} is not released: ${why}`,
  level: 'warn',
})

/**
 * What is next for a withdrawal that nothing pays: its payment, or its release if an operator asked for that. It is
 * never released if a payout was signed that could be mined.
 */
function open(record: Known, unpaid: Unpaid, terms: Terms): Move {
  const releases = record.step === 'settling'
  if (!releases && !terms.release) return pursue(record, unpaid, null, terms)
  if (terms.dryRun) return stay(record)
  return stay(record, releases ? releasing(unpaid.place, terms) : { do: 'examine', place: unpaid.place })
}

function releasable(record: Known, { place, why }: Of<'releasable'>, terms: Terms): Move {
  const move =
    why === null
      ? stay(note(record, 'settling', { message: RELEASED }), releasing(place, terms))
      : { ...stay(record), says: [notReleased(record, why)] }
  return { ...move, answered: true }
}

/** The step that ends it, if the asset chain takes one. */
function releasing(place: Place, { m, family }: Terms): Action {
  const kind = stepFor(place, { complete: true, m, family })
  return kind === null ? REST : { do: 'post', kind, place, signed: null }
}

function released(record: Known, { completeTxid }: Of<'released'>, { dryRun }: Terms): Move {
  if (dryRun) return stay(record)
  const settling = note(record, 'settling', { message: RELEASED })
  return stay(settling, { do: 'mark', completeTxid, payoutTxid: null })
}

function paidEarly(record: Known, { by, verdict, place }: Of<'paidEarly'>, { dryRun }: Terms): Move {
  if (verdict.ok && verdict.payout.complete && !dryRun)
    return stay(record, { do: 'offer', signed: { hex: by.hex, payout: verdict.payout }, place })
  const message = verdict.ok ? '' : `it is paid, in a form of its own: ${verdict.message}`
  return end(record, 'broadcast', { payoutTxid: by.txid, message }, { txid: by.txid })
}

function paid(record: Known, { by, deep, completeTxid }: Of<'paid'>, { dryRun }: Terms): Move {
  const { txid } = by
  const isNoted = record.step === 'marked' || record.step === 'broadcast'
  return {
    record: isNoted ? record : note(record, 'broadcast', { payoutTxid: txid }),
    action: deep && !dryRun ? { do: 'mark', completeTxid, payoutTxid: txid } : REST,
    txid,
  }
}

/** Nothing pays it: if it is wanted, a payout of it is chosen. */
function pursue(record: Known, unpaid: Unpaid, refusal: string | null, { fee, rejected }: Terms): Move {
  const amount = BigInt(record.amount)
  if (amount < leastAmount(fee)) {
    const message = `${coinsText(amount)} does not even cover the fees`
    return refuse(record, { code: 'E_FEED_WITHDRAWAL', message })
  }
  if (rejected) return end(record, 'rejected', { message: REJECTED })
  return stay(record, { do: 'choose', unpaid, refusal })
}

function unsent(record: Known, { hex, verdict, unpaid }: Of<'unsent'>, terms: Terms): Move {
  // It holds up no other: daemons take the next request once one is completely signed.
  const late = terms.release ? [notReleased(record, 'its signing has ended, so it blocks nothing')] : []
  const answer = (move: Move, ...more: readonly Say[]): Move => ({
    ...move,
    says: [...late, ...more, ...(move.says ?? [])],
    answered: terms.release,
  })
  if (!verdict.ok) {
    const message = `the completely signed payout is not what was asked for: ${verdict.message}`
    const code = verdict.why === 'thief' ? 'E_FEED_THIEF' : 'E_FEED_WITHDRAWAL'
    return answer(pursue(record, unpaid, message, terms), { code, message, level: 'error' })
  }
  if (!verdict.payout.complete)
    return answer(pursue(record, unpaid, 'the payout was handed on as complete, and lacks signatures', terms))
  if (terms.rejected) return answer(end(record, 'rejected', { message: REJECTED }))
  return answer(send(record, { hex, txid: verdict.payout.txid, unpaid }, terms))
}

/** Written down before it leaves. */
function send(
  record: Known,
  payout: Omit<Extract<Action, { do: 'send' }>, 'do'>,
  { dryRun, writable }: Terms,
): Move {
  const { txid } = payout
  if (dryRun) return end(record, 'broadcast', { message: 'dry run: not sent' })
  if (!writable) return stay(record)
  const noted = record.payoutTxid === txid ? record : note(record, 'signed', { payoutTxid: txid })
  return stay(noted, { do: 'send', ...payout })
}

function chosen(record: Known, fact: Of<'chosen'>, { m, n, family }: Terms): Move {
  const { choice, place, tip, refusal, bound, first } = fact
  /** The asset chain takes no step any more, so signers cannot show each other a payout there. */
  const closed = stepFor(place, { complete: true, m, family }) === null
  const byHand = (why: string): Move =>
    end(record, 'refused', {
      message: `${why}; its signing has ended: ${m} signers have to pay it by hand (docs/feed.md, A signing that was ended)`,
    })
  if (choice.do === 'wait') {
    if (choice.why === 'buried')
      return end(record, closed ? 'signed' : 'waiting', {
        message: 'the payout expired, or its coins are spent; a new one is signed when that is buried',
      })
    if (closed && refusal !== null) return byHand(refusal)
    return end(record, 'partial', { message: 'signed by us; the other signers have to sign now' })
  }
  // Where nothing can be passed on any more, only what our signature completes is of use.
  if (closed && n > 1 && choice.do === 'compose' && m > 1) return byHand(refusal ?? 'no payout is there')
  if (choice.do !== 'pass-on' && !bound && !first)
    return end(record, 'waiting', {
      message: 'it waits until the payout of another withdrawal, or its change, is mined',
    })
  return stay(record, { do: 'sign', choice, place, tip })
}

function ready(record: Known, { signed, place }: Of<'ready'>, terms: Terms): Move {
  const { complete, txid } = signed.payout
  if (terms.dryRun) return end(record, 'signed', { message: 'dry run: not sent' })
  const kind = stepFor(place, { complete, m: terms.m, family: terms.family })
  if (kind !== null && !(complete && place.stage === 'signed'))
    return stay(record, { do: 'post', kind, place, signed })
  if (complete) return send(record, { hex: signed.hex, txid, unpaid: null }, terms)
  return end(record, 'partial', { message: 'signed by us, and there is no step left to pass it on' })
}

function posted(record: Known, { txid, payout }: Of<'posted'>): Move {
  if (payout === null) return stay(record)
  return payout.complete
    ? end(record, 'signed', { payoutTxid: payout.txid }, { txid })
    : end(record, 'partial', {}, { txid })
}

function marked(record: Known, { txid, payoutTxid }: Of<'marked'>): Move {
  return payoutTxid === null
    ? end(record, 'settling', { markTxid: txid, message: RELEASED }, { txid })
    : end(record, 'marked', { markTxid: txid, payoutTxid }, { txid })
}
