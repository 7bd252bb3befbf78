/** Measures the miner's own loop and threads, those of `pegminer mine`. */
import { portableHasher, type HasherOptions, type SharedByteMap } from '../lxrhash/index.js'
import { createLocalWorkforce, minerError, type Lease } from '../miner/index.js'

export type Product = ReturnType<typeof startProduct>

export interface ProductOptions {
  readonly threads: number
  /** The first of its hasher slots; the one after its threads' checks what they find. */
  readonly firstHasher: number
  readonly hasher: HasherOptions
  /** Nonces of a record. Default: those of four bytes, as on MainNet most are. */
  readonly lease?: Lease
}

/** Counters of four bytes: with the record hash they make inputs of 36 bytes. */
const FOUR_BYTES = { from: 0x100_0000n, to: 0x1_0000_0000n }
/** How often to look whether the record's nonces are nearly used up. */
const LOOK_MS = 20
/** Nothing is above it, as in mining nearly nothing is above the floor. */
const NO_HIT = (1n << 64n) - 1n

export function startProduct(byteMap: SharedByteMap, options: ProductOptions) {
  const { threads, firstHasher, hasher, lease = FOUR_BYTES } = options
  let lost = false
  let why = 'no thread is fit to hash'
  const workforce = createLocalWorkforce({
    ...{ byteMap, threads, firstHasher, hasher },
    verifier: portableHasher(byteMap, firstHasher + threads),
    machineId: 0,
    onNotice: (_level, _code, message) => (why = message),
    onLost: () => (lost = true),
  })
  let record = 0
  let assignedAt = 0n

  /** Another record, none of whose nonces is used yet. */
  function assign(): void {
    const oprHash = new Uint8Array(32).fill(0x5a)
    new DataView(oprHash.buffer).setUint32(0, record++)
    assignedAt = workforce.view.hashes
    workforce.assign({ height: 0, oprHash, floor: NO_HIT, keep: 1, lease })
  }

  assign()
  const look = setInterval(() => {
    if (workforce.view.hashes - assignedAt > (lease.to - lease.from) / 2n) assign()
  }, LOOK_MS)
  return {
    /** Settled when all threads hash; rejects (E_MINER_NO_WORKERS) if none can. */
    started: workforce.ready.then(() => {
      if (lost) throw minerError('E_MINER_NO_WORKERS', why)
    }),
    hashes: () => Number(workforce.view.hashes),
    pause: () => workforce.pause(),
    resume: () => workforce.resume(),
    stop(): Promise<void> {
      clearInterval(look)
      return workforce.stop()
    },
  }
}
