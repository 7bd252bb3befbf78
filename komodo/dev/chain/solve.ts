/** The light Equihash (48, 5) of test networks, solved: some milliseconds for a block of the least difficulty. */
import * as tx from '../../tx/index.js'

const PARAMETERS: tx.EquihashParameters = { n: 48, k: 5, summed: false }
/** Bits in which the rows of a pair agree, more with each step. */
const BITS = 8
const ROWS = 2 ** (BITS + 1)
/** Rows of one step; what is beyond is left out, and with it perhaps a solution. */
const MOST_ROWS = 4 * ROWS

/** Rows of one step: 48 bits in two halves, and the two rows of the step before that they were made of. */
interface Step {
  readonly high: Int32Array
  readonly low: Int32Array
  readonly left: Int32Array
  readonly right: Int32Array
  size: number
}

const emptyStep = (): Step => ({
  high: new Int32Array(MOST_ROWS),
  low: new Int32Array(MOST_ROWS),
  left: new Int32Array(MOST_ROWS),
  right: new Int32Array(MOST_ROWS),
  size: 0,
})

/** Of every attempt: there are many, and one at a time. */
const steps = Array.from({ length: PARAMETERS.k + 1 }, emptyStep)
/** Rows that agree so far, by the bits in which they do, one linked list for each. */
const heads = new Int32Array(2 ** BITS)
const next = new Int32Array(MOST_ROWS)

/** Solutions for the head of a header (all before the solution), hex. */
function solutionsFor(head: string): string[] {
  const { perHash, width, hash } = tx.equihashRows(PARAMETERS, Buffer.from(head, 'hex'))
  const [first] = steps as [Step]
  for (first.size = 0; first.size < ROWS; first.size++) {
    const row = hash(Math.floor(first.size / perHash))
    const at = (first.size % perHash) * width
    first.high[first.size] = row.readUIntBE(at, 3)
    first.low[first.size] = row.readUIntBE(at + 3, 3)
  }
  for (let step = 1; step <= PARAMETERS.k; step++) pairUp(step)
  return Array.from({ length: (steps.at(-1) as Step).size }, (_, row) => indicesOf(PARAMETERS.k, row))
    .filter((indices) => new Set(indices).size === indices.length)
    .map((indices) => tx.packIndices(indices, BITS + 1).toString('hex'))
}

/** Pairs that agree in the next eight bits; in the last step in all that are left. */
function pairUp(step: number): void {
  const { high, low, left: lefts, right: rights, size } = steps[step - 1] as Step
  // A number may not stand in a solution twice; most that do are seen here.
  const overlap = (a: number, b: number): boolean =>
    step > 1 &&
    (lefts[a] === lefts[b] || rights[a] === rights[b] || lefts[a] === rights[b] || rights[a] === lefts[b])
  const made = steps[step] as Step
  made.size = 0
  const [half, shift] = step <= 3 ? [high, 24 - step * BITS] : [low, 48 - step * BITS]
  const isLast = step === PARAMETERS.k
  heads.fill(-1)
  for (let right = 0; right < size; right++) {
    const key = ((half[right] as number) >>> shift) & 0xff
    for (let left = heads[key] as number; left >= 0; left = next[left] as number) {
      const a = (high[left] as number) ^ (high[right] as number)
      const b = (low[left] as number) ^ (low[right] as number)
      if (made.size >= MOST_ROWS || (a === 0 && b === 0) !== isLast || overlap(left, right)) continue
      made.high[made.size] = a
      made.low[made.size] = b
      made.left[made.size] = left
      made.right[made.size++] = right
    }
    next[right] = heads[key] as number
    heads[key] = right
  }
}

/** The numbers that a row was made of, in the order that a solution demands. */
function indicesOf(step: number, row: number): number[] {
  if (step === 0) return [row]
  const { left, right } = steps[step] as Step
  const [a, b] = [left, right].map((side) => indicesOf(step - 1, side[row] as number)) as [number[], number[]]
  return (a[0] as number) < (b[0] as number) ? [...a, ...b] : [...b, ...a]
}

/**
 * The header with a nonce and a solution that make it a block: its hash is at most the target. `skipped`: so many nonces
 * are known to be none.
 */
export function solved(header: tx.BlockHeader, target: bigint, skipped = 0): tx.BlockHeader {
  for (let nonce = BigInt(`0x${header.nonce}`) + BigInt(skipped); ; nonce++) {
    const digits = BigInt.asUintN(256, nonce).toString(16)
    const tried = { ...header, nonce: digits.padStart(64, '0'), solution: '' }
    // An empty solution is one byte, its length.
    for (const solution of solutionsFor(tx.encodeHeader(tried).slice(0, -2))) {
      const found = { ...tried, solution }
      if (BigInt(`0x${tx.blockHashOf(found)}`) <= target) return found
    }
  }
}
