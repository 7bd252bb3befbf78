/**
 * Where everything lies in a slot's scratch, as byte offsets from its start. What TypeScript needs to know is exported
 * from the module.
 */

/** Largest number of hashes in flight. The lanes of one value lie side by side, 8 bytes each. */
export const MAX_LANES: usize = 512
/**
 * Bytes from one value's lanes to the next value's. 64 more than needed: at a distance of 4096 bytes all values would
 * fall into the same places of the first-level cache.
 */
export const STRIDE: usize = MAX_LANES * 8 + 64

// Parameters, written by TypeScript once.
export const SEED: usize = 0 // u64
export const MASK: usize = 8 // u32, 2^bits - 1
export const HASH_BYTES: usize = 12 // u32
export const LANES: usize = 16 // u32, hashes in flight: a multiple of 8, at most MAX_LANES
/** u32, how many candidates the last piece of a search left. */
export const CANDIDATE_COUNT: usize = 20

// The ByteMap generator's state between two slices.
export const GEN_OFFSET: usize = 32 // u64
export const GEN_B: usize = 40 // u64
export const GEN_V: usize = 48 // u64

// The single hash: registers, output, hs.
export const ONE_A: usize = 64 // u64, then s1, s2, s3
export const ONE_S1: usize = 72
export const ONE_S2: usize = 80
export const ONE_S3: usize = 88
export const OUTPUT: usize = 128 // 64 bytes
export const ONE_HS: usize = 192 // 64 u64

// The part of the input that all nonces of a search have in common, and the state after its fast pass.
export const BASE_LENGTH: usize = 704 // u32
export const BASE_A: usize = 712 // u64, then s1, s2, s3
export const BASE_S1: usize = 720
export const BASE_S2: usize = 728
export const BASE_S3: usize = 736
export const BASE_BYTES: usize = 768 // up to BASE_LIMIT bytes
export const BASE_LIMIT: usize = 256
export const BASE_HS: usize = 1024 // 64 u64

/** Four counts (u32) of each byte value, while a ByteMap is checked. In the place of INPUT: no slot does both at once. */
export const COUNTS: usize = 2048

/** A piece of a single hash's input. */
export const INPUT: usize = 2048
export const INPUT_LIMIT: usize = 4096

// The search that is under way, so that it can be done in pieces.
export const NEXT_COUNTER: usize = 1536 // u64, first counter of the current or next batch
export const FLOOR: usize = 1544 // u64
export const LEFT: usize = 1552 // u32, counters that are not hashed yet
export const BATCH: usize = 1556 // u32, counters of the batch that is under way, 0 between two batches
export const STEP: usize = 1560 // u32, steps of that batch that are done

/** Pairs of u64: counter, difficulty. */
export const CANDIDATES: usize = 6144
export const CANDIDATE_LIMIT: usize = MAX_LANES

// The lanes: registers, x, the next step's x.
export const A: usize = CANDIDATES + 16 * CANDIDATE_LIMIT
export const S1: usize = A + STRIDE
export const S2: usize = S1 + STRIDE
export const S3: usize = S2 + STRIDE
export const X: usize = S3 + STRIDE
export const NEXT_X: usize = X + STRIDE
/** A u32 for each lane: the address of the next read, and after it the byte that was read. */
export const READ: usize = NEXT_X + STRIDE
/** `a` after each of the last 8 reduction steps: what the difficulty's bytes are read with. */
export const LAST_A: usize = READ + STRIDE
export const HS: usize = LAST_A + 8 * STRIDE
export const SCRATCH_BYTES: usize = HS + 64 * STRIDE
