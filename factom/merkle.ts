/** Factom's Merkle root: pairs by SHA-256, an odd last node paired with itself at every level. */
import { sha256 } from './bytes.js'

/** The root of 32-byte leaves; one leaf is its own root, no leaves give 32 zero bytes. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Uint8Array
      above.push(sha256(left, level[i + 1] ?? left))
    }
    level = above
  }
  return level[0] ?? new Uint8Array(32)
}

/** Key Merkle root of a directory, factoid or entry block: SHA-256(SHA-256(header) ‖ body root). */
export function keyMerkleRoot(header: Uint8Array, bodyRoot: Uint8Array): Uint8Array {
  return sha256(sha256(header), bodyRoot)
}
