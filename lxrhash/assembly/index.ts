/**
 * The LXRHash kernel. One shared memory: the ByteMap at address 0, above it a scratch for each user (`layout.ts`).
 * What LXRHash is: docs/protocol/lxrhash.md
 */
export { gather } from './gather'
export { countBytes, generateBegin, generateSteps } from './generate'
export {
  A,
  BASE_BYTES,
  BASE_LENGTH,
  BASE_LIMIT,
  CANDIDATES,
  CANDIDATE_COUNT,
  COUNTS,
  GEN_OFFSET,
  HASH_BYTES,
  HS,
  INPUT,
  INPUT_LIMIT,
  LANES,
  MASK,
  MAX_LANES,
  OUTPUT,
  READ,
  S1,
  S2,
  S3,
  SCRATCH_BYTES,
  SEED,
  STRIDE,
  X,
} from './layout'
export { begin, fastPass, finish, hashInput, stepPass } from './single'
export { loadBase, searchBegin, searchOn, searchOnOutside, searchOnScalar } from './search'
