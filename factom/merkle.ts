/**
 * Factom's Merkle root: pairs by SHA-256, an odd last node paired with itself at every level
 * (docs/protocol/factom.md#merkle-roots).
 */
import { sha256 } from './bytes.js'

/** The root of 32-byte leaves; one leaf is its own root, no leaves give 32 zero bytes. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves
  while (level.length > 1) level = levelAbove(level)
  return level[0] ?? new Uint8Array(32)
}

/** One step of a proof: `top` is the hash of `left` and `right`. */
export interface MerkleNode {
  readonly left: Uint8Array
  readonly right: Uint8Array
  readonly top: Uint8Array
}

/** The steps from the leaf at `index` up to the root; none if the leaf is the root. */
export function merkleBranch(leaves: readonly Uint8Array[], index: number): MerkleNode[] {
  const branch: MerkleNode[] = []
  let at = index
  for (let level = leaves; level.length > 1; level = levelAbove(level)) {
    const left = level[at - (at % 2)]
    if (!left) throw new RangeError(`there is no leaf ${index}`)
    branch.push(nodeOf(left, level[at - (at % 2) + 1] ?? left))
    at = Math.floor(at / 2)
  }
  return branch
}

/** The step over two hashes. */
export function nodeOf(left: Uint8Array, right: Uint8Array): MerkleNode {
  return { left, right, top: sha256(left, right) }
}

function levelAbove(level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array
    above.push(sha256(left, level[i + 1] ?? left))
  }
  return above
}

/** Key Merkle root of a directory, factoid or entry block: SHA-256(SHA-256(header) ‖ body root). */
export function keyMerkleRoot(header: Uint8Array, bodyRoot: Uint8Array): Uint8Array {
  return sha256(sha256(header), bodyRoot)
}
