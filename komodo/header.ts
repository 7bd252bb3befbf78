/**
 * A header proves itself: its bytes hash to its name, name the block before, and carry the work. A daemon is believed
 * only as far as that proves what it says (docs/protocol/komodo.md#headers). Pure. Throws `E_KOMODO_HEADER`.
 */
import { fail } from './errors.js'
import { blockHashOf, decodeHeader, isEquihashSolution, type BlockHeader } from './tx/index.js'

export interface ProvenHeader {
  readonly hash: string
  readonly previous: string
  readonly merkleRoot: string
  /** UNIX seconds. */
  readonly time: number
  /** The largest hash that its own difficulty allows. */
  readonly target: bigint
  /** Blocks of the least difficulty in a row, this one the last; 0: it has the work of its own difficulty. */
  readonly easy: number
}

/** The coin whose rules of work are checked in full. */
const KOMODO = 'KMD'
/** What a notary's block, or one of a young chain, has at least: `KOMODO_MINDIFF_NBITS`. */
const EASIEST = 0x200f0f0f
/** Up to here Komodo took blocks whose work the rules of today refuse. */
const OLD_HEIGHT = 792_000
/** From here on a notary's block comes so many seconds after the one before. */
const NOTARY_HEIGHT = 807_000
const NOTARY_SECONDS = 57
/** Each of the notaries may mine one easy block in 65, and another one after a gap of so many seconds. */
const NOTARIES = 64
const GAP_SECONDS = 420
/**
 * A block's target is a mean of 17 before it, larger by a third at most: from one block to the next at most doubled.
 */
const MOST_EASING = 4n
const SOLUTION_BYTES = 1_344
/** All of a header before its solution. */
const HEAD_CHARS = 280

function forged(what: string): Error {
  return fail('E_KOMODO_HEADER', `a block header is not what the daemon says: ${what}`)
}

export interface RawHeader extends BlockHeader {
  /** Its bytes. */
  readonly hex: string
}

/** Reads the bytes that stand for the block `hash`. */
export function readRawHeader(hex: string, hash: string): RawHeader {
  if (blockHashOf(hex) !== hash) throw forged(`its bytes do not hash to ${hash}`)
  try {
    return { ...decodeHeader(hex), hex }
  } catch {
    throw forged(`the bytes of ${hash} are no header`)
  }
}

export interface HeaderPlace {
  readonly hash: string
  readonly height: number
  /** Ticker of the chain. */
  readonly coin: string
  /** The proven header before it; null: not known. */
  readonly before: ProvenHeader | null
}

/**
 * For Komodo all of the work that a header alone can prove; for other coins, whose rules are not known here, that it
 * is a header, of that hash, behind the one before.
 */
export function proveHeader(header: RawHeader, place: HeaderPlace): ProvenHeader {
  const { hash, before, coin } = place
  if (before !== null && header.previous !== before.hash)
    throw forged(`${hash} does not follow ${before.hash}`)
  const target = targetOf(header.bits)
  if (target === null) throw forged(`the difficulty of ${hash} is none`)
  if (coin !== KOMODO) return { ...provenOf(header, hash), target, easy: 0 }
  const easy = easyRun({ ...place, target, time: header.time })
  checkSolution(header, place)
  return { ...provenOf(header, hash), target, easy }
}

function provenOf({ previous, merkleRoot, time }: RawHeader, hash: string) {
  return { hash, previous, merkleRoot, time }
}

function checkSolution({ solution, hex }: RawHeader, { hash, height }: HeaderPlace): void {
  const bytes = Buffer.from(solution ?? '', 'hex')
  // Young chains may be light ones.
  if (height > OLD_HEIGHT && bytes.length !== SOLUTION_BYTES)
    throw forged(`the solution of ${hash} has ${bytes.length} bytes`)
  if (!isEquihashSolution(Buffer.from(hex.slice(0, HEAD_CHARS), 'hex'), bytes))
    throw forged(`${hash} solves nothing`)
}

/**
 * How many blocks of the least difficulty there are in a row, this one the last. Notaries mine such blocks, each one
 * in 65; a header does not tell who mined the block.
 */
export function easyRun({
  hash,
  height,
  time,
  target,
  before,
}: Omit<HeaderPlace, 'coin'> & Pick<ProvenHeader, 'time' | 'target'>): number {
  const easiest = targetOf(EASIEST) as bigint
  const reached = BigInt(`0x${hash}`)
  if (target > easiest) throw forged(`the difficulty of ${hash} is below the least`)
  if (reached > easiest) throw forged(`${hash} has no work`)
  if (height <= OLD_HEIGHT) return 0
  if (before !== null && target > before.target * MOST_EASING)
    throw forged(`the difficulty of ${hash} falls too far from one block to the next`)
  if (reached <= target) return 0
  if (before === null) return 1
  const seconds = time - before.time
  if (height > NOTARY_HEIGHT && seconds < NOTARY_SECONDS)
    throw forged(`${hash} has too little work, and comes too early for a notary's block`)
  const run = before.easy + (seconds > GAP_SECONDS ? 0 : 1)
  if (run > NOTARIES) throw forged(`${hash} is one easy block more in a row than there are notaries`)
  return Math.max(1, run)
}

/** The compact form of a target, as Bitcoin writes it; null if it is negative, nothing, or too large. */
export function targetOf(bits: number): bigint | null {
  const [size, mantissa] = [bits >>> 24, bits & 0x7fffff]
  if (mantissa === 0 || (bits & 0x800000) !== 0) return null
  const target =
    size > 3 ? BigInt(mantissa) << BigInt(8 * (size - 3)) : BigInt(mantissa) >> BigInt(8 * (3 - size))
  return target === 0n || target >> 256n !== 0n ? null : target
}
