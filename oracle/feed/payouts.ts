/**
 * Which payout of a withdrawal may be signed, when others were signed for it before. What was signed once stays valid
 * until it is proven that it is not, so everything new shares an input with every earlier one that could still be
 * mined: of all of them the chain takes one. Pure.
 */
import type { Outpoint, Payout } from '../../komodo/index.js'

/** A payout that bears our signature. */
export interface SignedPayout {
  readonly hex: string
  readonly inputs: readonly Outpoint[]
  readonly expiry: number
  /**
   * The block at which an input of it was seen spent; null: none was. While that block is in the chain, whatever spent
   * the input is at least as deep.
   */
  readonly gone: { readonly height: number; readonly hash: string } | null
  /** Proven: it can no longer be mined. */
  readonly dead: boolean
}

export const nameOf = ({ txid, vout }: Outpoint): string => `${txid}:${vout}`

export const livingOf = (payouts: readonly SignedPayout[]): readonly SignedPayout[] =>
  payouts.filter(({ dead }) => !dead)

function sharesInput(a: readonly Outpoint[], b: readonly Outpoint[]): boolean {
  const names = new Set(a.map(nameOf))
  return b.some((outpoint) => names.has(nameOf(outpoint)))
}

/** Whether at most one of them and of a transaction with these inputs can be mined. */
function excludesAll(inputs: readonly Outpoint[], living: readonly SignedPayout[]): boolean {
  return living.every((payout) => sharesInput(payout.inputs, inputs))
}

/** Above so many the exact answer is not worth its time: all are counted. */
const MOST_EXACT = 16

/** How many of these could be mined together. One, unless an earlier version of the program signed them. */
export function mostTogether(payouts: readonly Pick<SignedPayout, 'inputs'>[]): number {
  if (payouts.length > MOST_EXACT) return payouts.length
  const [first, ...rest] = payouts
  if (first === undefined) return 0
  const apart = rest.filter(({ inputs }) => !sharesInput(first.inputs, inputs))
  return Math.max(1 + mostTogether(apart), mostTogether(rest))
}

/** Its expiry height has passed so deep that no reorganisation brings it back. */
export function isExpired({
  payout: { expiry },
  tip,
  depth,
}: {
  readonly payout: Pick<SignedPayout, 'expiry'>
  /** Height of the reference chain. */
  readonly tip: number
  readonly depth: number
}): boolean {
  return expiry !== 0 && tip > expiry + depth
}

/** A payout that a signer wrote on the asset chain, or that we signed before. */
export interface Candidate {
  readonly hex: string
  readonly payout: Payout
  /** Its text without signatures: candidates of equal content are one payout. */
  readonly content: string
  /** On the asset chain, as it is. */
  readonly listed: boolean
  /** Why it is worth nothing or must not be signed: terms, inputs that are spent or belong to others; null: nothing. */
  readonly fault: string | null
  /** Spends a coin that every honest signer would spend: see `chooseCoins`. */
  readonly anchored: boolean
}

export interface ChoiceFacts {
  /** Oldest first. */
  readonly candidates: readonly Candidate[]
  /** All that we ever signed for this withdrawal and that could still be mined. */
  readonly living: readonly SignedPayout[]
  readonly contentOf: (payout: SignedPayout) => string
  readonly pubkey: string
  /** Signatures that a payout needs. */
  readonly m: number
  /** The others had their time to sign ours, and nothing happened. */
  readonly waitedLong: boolean
  /** After the next step the asset chain takes no other. */
  readonly lastStep: boolean
}

export type Choice =
  /** Our signature is needed under it. */
  | { readonly do: 'sign'; readonly hex: string }
  /** It bears our signature, or needs none, and the others cannot know it. */
  | { readonly do: 'pass-on'; readonly hex: string }
  /** A new one; it shares an input with each of these. */
  | { readonly do: 'compose'; readonly sharing: readonly (readonly Outpoint[])[] }
  | { readonly do: 'wait'; readonly why: 'others' | 'buried' }

/** A dishonest signer may propose any number of payouts; beyond so many no other is signed until some are dead. */
const MOST_LIVING = 24

interface Content {
  /** The version that most others have signed. */
  readonly best: Candidate
  readonly others: number
  /** Place among what we signed, oldest first; -1: we did not sign it. */
  readonly ours: number
  /** Our signature is in that version. */
  readonly signed: boolean
  /** The asset chain shows it with our signature. */
  readonly shown: boolean
  readonly permitted: boolean
}

/**
 * What to do about a withdrawal that is not paid: complete a payout if our signature does that; else sign what another
 * signer proposes, if it excludes all that we signed; else show him ours; else, if nothing that we signed could be
 * mined, a new one. Of several equally good ones all signers take the first that was shown.
 */
export function choosePayout(facts: ChoiceFacts): Choice {
  const { living, m, waitedLong, lastStep } = facts
  const contents = contentsOf(facts)
  const usable = contents.filter(({ best, permitted }) => best.fault === null && permitted)
  const most = usable.reduce((top, { others }) => Math.max(top, others), 0)
  const first = usable.find(({ others }) => others === most)
  if (first !== undefined && most + 1 >= m) return take(first)
  const foreign = usable.filter(({ ours, others }) => ours < 0 && others > 0)
  const wanted = foreign.sort((a, b) => b.others - a.others)[0]
  if (wanted !== undefined) return take(wanted)
  const newest = usable.filter(({ ours }) => ours >= 0).sort((a, b) => b.ours - a.ours)[0]
  if (newest !== undefined) {
    const apart = contents.filter(
      ({ best, others, permitted }) => best.fault === null && !permitted && others > 0,
    )
    if (apart.length > 0 && (waitedLong || (lastStep && !newest.shown))) {
      // Two honest signers whose payouts do not exclude each other: one that excludes both is signed by both.
      const foreignInputs = apart.map(({ best }) => best.payout.tx.inputs)
      return { do: 'compose', sharing: [...living.map(({ inputs }) => inputs), ...foreignInputs] }
    }
    return newest.shown ? { do: 'wait', why: 'others' } : take(newest)
  }
  return living.length > 0 ? { do: 'wait', why: 'buried' } : { do: 'compose', sharing: [] }
}

function take({ best, signed }: Content): Choice {
  return { do: signed || best.payout.complete ? 'pass-on' : 'sign', hex: best.hex }
}

function contentsOf({ candidates, living, contentOf, pubkey, m }: ChoiceFacts): Content[] {
  const own = living.map(contentOf)
  return [...new Set(candidates.map(({ content }) => content))].map((content) => {
    const versions = candidates.filter((each) => each.content === content)
    const othersOf = ({ payout }: Candidate): number => payout.signers.filter((key) => key !== pubkey).length
    const best = versions.reduce((a, b) => (rankOf(b) > rankOf(a) ? b : a))
    // With as many others our own signature adds to what is there.
    function rankOf(each: Candidate): number {
      return 2 * othersOf(each) + (each.payout.signers.includes(pubkey) ? 1 : 0)
    }
    const ours = own.lastIndexOf(content)
    return {
      best,
      others: Math.min(othersOf(best), m),
      ours,
      signed: best.payout.signers.includes(pubkey),
      shown: versions.some(({ listed, payout }) => listed && payout.signers.includes(pubkey)),
      permitted:
        ours >= 0 ||
        (living.length < MOST_LIVING && best.anchored && excludesAll(best.payout.tx.inputs, living)),
    }
  })
}

export interface Coin extends Outpoint {
  readonly sat: bigint
  readonly confirmations: number
}

export interface CoinFacts {
  readonly amount: bigint
  /** Names of inputs of other withdrawals that are on their way: two payouts must never spend the same. */
  readonly reserved: ReadonlySet<string>
  /** Of each of these lists one input must be among the chosen ones. */
  readonly sharing: readonly (readonly Outpoint[])[]
  readonly mostInputs: number
}

export type CoinChoice<T> =
  | { readonly coins: readonly T[] }
  /** `shared`: an input that has to be shared is not there now. `many`: it would take too many inputs. */
  | { readonly coins: null; readonly why: 'short' | 'shared' | 'many' }

/** Oldest first; all signers see the same order. */
const byAge = (a: Coin, b: Coin): number =>
  b.confirmations - a.confirmations || (a.txid < b.txid ? -1 : a.txid > b.txid ? 1 : a.vout - b.vout)
const bySize = (a: Coin, b: Coin): number => (a.sat > b.sat ? -1 : a.sat < b.sat ? 1 : byAge(a, b))

/** The coin that every honest signer's payout spends: no payment made later can be older. */
export function anchorOf<T extends Coin>(coins: readonly T[]): T | null {
  return [...coins].sort(byAge)[0] ?? null
}

/**
 * Inputs of a new payout: the oldest coin, which makes payouts of all honest signers exclude each other, whichever of
 * them a dishonest one completes; what has to be shared; then the largest, since strangers may send any number of small
 * ones.
 */
export function chooseCoins<T extends Coin>(coins: readonly T[], facts: CoinFacts): CoinChoice<T> {
  const free = coins.filter((coin) => !facts.reserved.has(nameOf(coin)))
  const anchor = anchorOf(coins)
  if (anchor === null) return { coins: null, why: 'short' }
  if (facts.reserved.has(nameOf(anchor))) return { coins: null, why: 'shared' }
  const chosen = [anchor]
  for (const list of facts.sharing) {
    if (sharesInput(list, chosen)) continue
    const names = new Set(list.map(nameOf))
    const shared = free.filter((coin) => names.has(nameOf(coin))).sort(bySize)[0]
    if (shared === undefined) return { coins: null, why: 'shared' }
    chosen.push(shared)
  }
  let sum = chosen.reduce((total, { sat }) => total + sat, 0n)
  for (const coin of free.filter((each) => !chosen.includes(each)).sort(bySize)) {
    if (sum >= facts.amount) break
    chosen.push(coin)
    sum += coin.sat
  }
  if (sum < facts.amount) return { coins: null, why: 'short' }
  if (chosen.length > facts.mostInputs) return { coins: null, why: 'many' }
  return { coins: chosen }
}
