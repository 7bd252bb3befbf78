/**
 * Equihash, the proof of work in a header: 2^k numbers whose hashes, paired again and again, agree in ever more bits.
 * Komodo and Zcash use (200, 9). Chains that are started with `-ac_nk` use other parameters, another personal string,
 * and sums of up to sixteen hashes (docs/protocol/komodo.md#headers). The length of the solution tells n and k.
 */
import { blake2b } from '@noble/hashes/blake2b'

export interface EquihashParameters {
  readonly n: number
  readonly k: number
  /** As with `-ac_nk`. */
  readonly summed: boolean
}

/** Those that komodod is built with. */
const SIZES = [
  { n: 200, k: 9 },
  { n: 210, k: 9 },
  { n: 150, k: 5 },
  { n: 144, k: 5 },
  { n: 96, k: 5 },
  { n: 48, k: 5 },
] as const
/** Hashes of a sum begin at a multiple of it. */
const SUMMED = 16

type Size = Pick<EquihashParameters, 'n' | 'k'>
const bitsOf = ({ n, k }: Size): number => n / (k + 1)
const solutionBytes = (size: Size): number => (2 ** size.k * (bitsOf(size) + 1)) / 8

/**
 * What the head of a header (all before the solution, 140 bytes) leads to: hash after hash, each with `perHash` rows of
 * `width` bytes.
 */
export function equihashRows({ n, k, summed }: EquihashParameters, head: Uint8Array) {
  const perHash = Math.floor(512 / n)
  const width = Math.ceil(n / 8)
  const personalization = Buffer.alloc(16)
  personalization.write(summed ? 'NandKPoW' : 'ZcashPoW', 'latin1')
  personalization.writeUInt32LE(n, 8)
  personalization.writeUInt32LE(k, 12)
  const base = blake2b.create({ dkLen: perHash * width, personalization }).update(head)
  // One for all numbers: to make one takes as long as half a hash.
  const state = base.clone()
  const number = Buffer.alloc(4)
  const known = new Map<number, Buffer>()
  const hash = (at: number): Buffer => {
    let output = known.get(at)
    if (output !== undefined) return output
    const before = summed && at % SUMMED !== 0 ? hash(at - 1) : null
    number.writeUInt32LE(at)
    output = Buffer.from(base._cloneInto(state).update(number).digest())
    if (before !== null) add(output, before)
    known.set(at, output)
    return output
  }
  return { perHash, width, hash }
}

/** Four bytes each are a number of their own; what is left over at the end counts as one too. */
function add(sum: Buffer, other: Buffer): void {
  for (let at = 0; at < sum.length; at += 4) {
    const size = Math.min(4, sum.length - at)
    const total = sum.readUIntLE(at, size) + other.readUIntLE(at, size)
    sum.writeUIntLE(total % 2 ** (8 * size), at, size)
  }
}

/** The numbers of a solution. */
function indicesOf(solution: Uint8Array, bits: number): number[] {
  const indices: number[] = []
  let [held, left] = [0, 0]
  for (const byte of solution) {
    held = held * 256 + byte
    left += 8
    if (left < bits) continue
    left -= bits
    indices.push(Math.floor(held / 2 ** left))
    held %= 2 ** left
  }
  return indices
}

/** The bytes of numbers, the reverse of the above. */
export function packIndices(indices: readonly number[], bits: number): Buffer {
  const all = indices.map((index) => index.toString(2).padStart(bits, '0')).join('')
  return Buffer.from((all.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** Whether a solution (any number of bytes) is one, for Komodo itself or for a chain with `-ac_nk`. */
export function isEquihashSolution(head: Uint8Array, solution: Uint8Array): boolean {
  const size = SIZES.find((each) => solutionBytes(each) === solution.length)
  if (size === undefined) return false
  const indices = indicesOf(solution, bitsOf(size) + 1)
  if (new Set(indices).size !== indices.length) return false
  return [false, true].some((summed) => collides(indices, { ...size, summed }, head))
}

function collides(indices: readonly number[], parameters: EquihashParameters, head: Uint8Array): boolean {
  const bits = bitsOf(parameters)
  const { perHash, width, hash } = equihashRows(parameters, head)
  const spare = BigInt(width * 8 - parameters.n)
  const rowOf = (index: number): bigint => {
    const at = (index % perHash) * width
    const row = hash(Math.floor(index / perHash)).toString('hex', at, at + width)
    return BigInt(`0x${row}`) >> spare
  }
  let level = indices.map((first) => ({ first, row: rowOf(first) }))
  for (let open = parameters.n - bits; level.length > 1; open -= bits) {
    const above: typeof level = []
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2) as [(typeof level)[0], (typeof level)[0]]
      const row = left.row ^ right.row
      if (row >> BigInt(open) !== 0n || left.first >= right.first) return false
      above.push({ first: left.first, row })
    }
    level = above
  }
  return level[0]?.row === 0n
}
