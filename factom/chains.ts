/** Creates chains that the node does not know. */
import { ageMs, isCoded, messageOf, pauseAfter } from '../base/index.js'
import type { EcKey } from './address.js'
import type { FactomClient } from './client.js'
import { toHex } from './bytes.js'
import { composeChainCommit, decodeChainCommit } from './commit.js'
import { CHAIN_SURCHARGE, chainIdOf, encodeEntry, entryCost, entryHash } from './entry.js'
import { fail } from './errors.js'
import type { PendingMessages } from './pending.js'
import { REPEATED_COMMIT, rpcCodeOf } from './rpc.js'
import { REAL_TIME, type Timing } from './timing.js'

export interface EnsureChainOptions {
  readonly signal?: AbortSignal
  /** How long it may take until the node knows the chain, ms. Default 120 000. */
  readonly timeoutMs?: number
  readonly timing?: Timing
  /** Where the signed commit is kept until the chain is there, so that an interrupted creation is not paid twice. */
  readonly pending?: PendingMessages
}

export interface EnsuredChain {
  readonly chainId: string
  /** Whether this call created it. */
  readonly created: boolean
  /** Entry credits that it cost; 0 if it existed. */
  readonly credits: number
}

type ChainClient = Pick<FactomClient, 'chainHead' | 'commitChain' | 'revealChain' | 'entryCreditBalance'>

const TIMEOUT_MS = 120_000
const PAUSES = { first: 500, factor: 1.5, cap: 5000 }
/** The network drops older commits, so that another one is due. */
const GOOD_FOR_MS = 55 * 60_000
/** A chain that is not seen so long after its reveal is committed anew: the first commit was dropped. */
const RECOMMIT_MS = 20_000

/** The first entry of a chain with these external ids and no content, and what the chain costs. */
export function firstEntryOf(extIds: readonly Uint8Array[]): {
  readonly chainId: string
  readonly raw: Uint8Array
  readonly credits: number
} {
  const chainId = chainIdOf(extIds)
  const raw = encodeEntry({ chainId, extIds, content: new Uint8Array() })
  return { chainId, raw, credits: entryCost(raw) + CHAIN_SURCHARGE }
}

/**
 * Makes sure that the chain whose first entry has these external ids (and no content) exists. Commit and reveal are
 * both retried until the node knows the chain, saved or not. A commit that is in already (-32011) is not paid again.
 * Throws `E_FACTOM_CREDITS` if the key cannot pay, `E_FACTOM_CHAIN` when the time is over, and what the node refuses.
 */
export async function ensureChain(
  client: ChainClient,
  key: EcKey,
  extIds: readonly Uint8Array[],
  { signal, timeoutMs = TIMEOUT_MS, timing = REAL_TIME, pending }: EnsureChainOptions = {},
): Promise<EnsuredChain> {
  const { chainId, raw, credits } = firstEntryOf(extIds)
  const giveUp = timing.monotonicMs() + timeoutMs

  async function pause(tries: number, trouble = 'the node does not show it'): Promise<void> {
    if (timing.monotonicMs() >= giveUp) {
      throw fail('E_FACTOM_CHAIN', `chain ${chainId} could not be created within ${timeoutMs} ms: ${trouble}`)
    }
    await timing.sleep(pauseAfter(tries, PAUSES), signal)
    if (signal?.aborted) throw fail('E_FACTOM_ABORTED', `the creation of chain ${chainId} was ended`)
  }

  async function retry<T>(attempt: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        return await attempt()
      } catch (error) {
        if (!isCoded(error) || !error.retryable) throw error
        await pause(failures, messageOf(error))
      }
    }
  }

  /** The commit of an interrupted creation, if it is ours and the network still takes it. */
  function begunCommit(): Uint8Array | null {
    const message = pending?.get(chainId)
    if (message === undefined) return null
    const { entryHash: hash, ecPublicKey, timeMs } = decodeChainCommit(message)
    const good = hash === entryHash(raw) && ecPublicKey === toHex(key.publicKey)
    return good && ageMs(timeMs, timing.wallMs()) < GOOD_FOR_MS ? message : null
  }

  async function commit(begun: Uint8Array | null): Promise<void> {
    const facts = { chainId, entryHash: entryHash(raw), credits, timeMs: timing.wallMs(), key }
    const message = begun ?? composeChainCommit(facts)
    if (begun === null) pending?.put(chainId, message)
    try {
      await retry(() => client.commitChain(message, signal))
    } catch (error) {
      if (rpcCodeOf(error) !== REPEATED_COMMIT) throw error
    }
  }

  const exists = async () => (await retry(() => client.chainHead(chainId, signal))) !== null

  if (await exists()) {
    pending?.remove(chainId)
    return { chainId, created: false, credits: 0 }
  }
  let begun = begunCommit()
  const balance = begun ? credits : await retry(() => client.entryCreditBalance(key.address, signal))
  if (balance < credits) {
    throw fail(
      'E_FACTOM_CREDITS',
      `${key.address} has ${balance} entry credits, a new chain costs ${credits}`,
    )
  }
  for (;;) {
    await commit(begun)
    begun = null
    await retry(() => client.revealChain(raw, signal))
    const recommitAt = timing.monotonicMs() + RECOMMIT_MS
    for (let polls = 0; timing.monotonicMs() < recommitAt; polls++) {
      if (await exists()) {
        pending?.remove(chainId)
        return { chainId, created: true, credits }
      }
      await pause(polls)
    }
  }
}
