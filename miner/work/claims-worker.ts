/** What runs in the threads of `claims.ts`: one part of the claims, hashed one by one. */
import { createHasher } from '../../lxrhash/index.js'
import type { ClaimsTask } from './claims.js'

export default function hash({ byteMap, hasherSlot, claims }: ClaimsTask): bigint[] {
  const hasher = createHasher(byteMap, hasherSlot)
  return claims.map(({ oprHash, nonce }) => hasher.difficulty(oprHash, nonce))
}
