/**
 * Watches over the chain of batons: whether what the daemon offers is our own, what to do if not, and who else writes
 * with our key. What to do is `judgeBaton`'s decision.
 */
import {
  isWritable,
  sendReason,
  type CallOptions,
  type KomodoClient,
  type Registration,
} from '../../komodo/index.js'
import { judgeBaton, waitText, type BatonFacts, type BatonVerdict } from './baton.js'
import { sampleOf, type Walk } from './baton-chain.js'
import type { FeedEvent, RelayState } from './events.js'
import type { Mempool } from './mempool.js'
import type { Published, Sent } from './published.js'
import type { GatewaySettings } from './config.js'

export interface BatonWatchParts {
  readonly settings: GatewaySettings
  readonly asset: KomodoClient
  readonly published: Published
  readonly mempool: Mempool
  readonly dryRun: boolean
  readonly emit: (event: FeedEvent) => void
  readonly become: (state: RelayState) => void
  /** A reorganisation of the asset chain was noticed. */
  readonly onReorg: () => void
  readonly monotonicMs: () => number
}

export interface BatonWatch {
  judge(
    walk: Walk,
    registration: Registration,
    assetHeight: number,
    options: CallOptions,
  ): Promise<BatonVerdict>
}

/** Another program publishes with our key: this feed stands back until it has seen nothing of it for so long. */
const FOREIGN_MS = 600_000

export function createBatonWatch(parts: BatonWatchParts): BatonWatch {
  const { settings, asset, published, mempool, emit, become, monotonicMs } = parts
  const { name: gateway, oracleTxid, pubkey } = settings
  /** The asset height at which the daemon's baton began to differ from ours. */
  let differsSince: number | null = null
  let foreignAt: number | null = null
  let adopting: string | null = null
  let orphan: string | null = null
  /** From the second pass on, what is published and not ours is another program's. */
  let running = false
  /** Said once. */
  let told = ''

  async function factsOf(
    walk: Walk,
    registration: Registration,
    assetHeight: number,
    options: CallOptions,
  ): Promise<BatonFacts> {
    const { head } = published
    const { batonTxid: daemon } = registration
    const reachable = head === null || walk.samples.some(({ txid }) => txid === head.txid)
    const outputs = await asset.utxos(registration.baton, true, options)
    const facts = {
      daemon,
      own:
        head === null
          ? null
          : { txid: head.txid, where: reachable ? ('chain' as const) : await whereIs(head.txid, options) },
      reachable,
      orphaned: daemon !== null && (await isOrphaned(daemon, options)),
      restored: outputs.some(({ height }) => height <= 0),
      stray: strayIn(walk),
    }
    const differs = (head !== null && !reachable) || facts.orphaned || facts.restored || facts.stray !== null
    if (!differs) differsSince = null
    else differsSince ??= assetHeight
    return { ...facts, blocks: differsSince === null ? 0 : Math.max(0, assetHeight - differsSince) }
  }

  async function whereIs(txid: string, options: CallOptions): Promise<'mempool' | 'chain' | 'gone'> {
    if (mempool.transactions.has(txid)) return 'mempool'
    const found = await asset.transaction(txid, options)
    return found === null || found.orphaned ? 'gone' : found.confirmations > 0 ? 'chain' : 'mempool'
  }

  async function isOrphaned(txid: string, options: CallOptions): Promise<boolean> {
    if (mempool.transactions.has(txid)) return false
    return (await asset.transaction(txid, options))?.orphaned === true
  }

  /** Anything but building. */
  async function other(
    verdict: Exclude<BatonVerdict, { verdict: 'build' }>,
    facts: BatonFacts,
    options: CallOptions,
  ): Promise<BatonVerdict> {
    if (verdict.verdict === 'adopt') return adopt(verdict)
    adopting = null
    if (verdict.verdict === 'resend') await resend(options)
    const why =
      verdict.verdict === 'resend'
        ? `our last published transaction ${verdict.txid} was lost: it was sent again`
        : waitText(verdict.why, facts)
    // A block may be taken off between two calls of one pass: seen twice, it is so.
    const orphaned = verdict.verdict === 'wait' && verdict.why === 'orphaned'
    const lasting = orphaned && orphan === facts.daemon
    orphan = orphaned ? facts.daemon : null
    if (lasting || !orphaned) tell(why, orphaned)
    become(lasting ? { state: 'blocked', why } : { state: 'baton', why })
    return verdict
  }

  /** Once for each: the first is the reorganisation, what follows belongs to it. */
  function tell(why: string, isError: boolean): void {
    if (told === why) return
    if (told === '' && !isError) {
      parts.onReorg()
      emit({ event: 'reorg', gateway, chain: 'asset', headers: 0, message: why })
    } else
      emit({
        event: 'notice',
        gateway,
        level: isError ? 'error' : 'warn',
        code: 'E_FEED_STALE_BATON',
        message: why,
      })
    told = why
  }

  /** Of two passes that agree: a block may come between two calls of one. */
  function adopt(verdict: Extract<BatonVerdict, { verdict: 'adopt' }>): BatonVerdict {
    if (adopting !== verdict.on) {
      adopting = verdict.on
      become({
        state: 'baton',
        why: `another branch of batons lives, up to ${verdict.on}: looking once more`,
      })
      return { verdict: 'wait', why: 'own-unconfirmed' }
    }
    adopting = null
    if (parts.dryRun) return verdict
    published.adopt(verdict.on)
    parts.onReorg()
    const message = `the branch of batons that ended with ${verdict.dead} is dead, ${verdict.on} lives: what only the dead one held is published again`
    emit({ event: 'reorg', gateway, chain: 'asset', headers: 0, message })
    return { verdict: 'build', on: verdict.on }
  }

  /** In their order, whatever of the last ones is in neither mempool nor chain. */
  async function resend(options: CallOptions): Promise<void> {
    if (parts.dryRun || !isWritable(asset.rpc.health)) return
    const lost: Sent[] = []
    for (const sent of [...published.recent].reverse()) {
      if ((await whereIs(sent.txid, options)) !== 'gone') break
      lost.unshift(sent)
    }
    for (const { txid, hex } of lost) {
      if (hex === '') continue
      try {
        await asset.send(hex, options)
      } catch (error) {
        const reason = sendReason(error)
        if (reason === null) throw error
        if (reason !== 'in-chain') published.drop(txid)
      }
    }
  }

  /** A header of our key in the mempool that stands on no baton of the walk. */
  function strayIn(walk: Walk): string | null {
    const reached = new Set(walk.samples.map(({ txid }) => txid))
    for (const [txid, hex] of mempool.hexes) {
      if (reached.has(txid)) continue
      const sample = sampleOf(txid, hex, { oracleTxid, publisher: pubkey })
      if (sample?.signed === true && sample.header !== null) return txid
    }
    return null
  }

  /** Headers above our last one that we did not send: two publishers must never take turns. */
  function foreign(walk: Walk, verdict: BatonVerdict): BatonVerdict {
    told = ''
    const { head } = published
    const above = head === null ? -1 : walk.samples.findIndex(({ txid }) => txid === head.txid)
    const signed = walk.samples.slice(0, Math.max(0, above)).filter((sample) => sample.signed)
    const [newest] = signed
    if (newest !== undefined && !parts.dryRun) {
      published.adopt(newest.txid)
      // Before the first pass of this run it may have been ourselves, on another machine.
      if (running) {
        foreignAt = monotonicMs()
        emit({
          event: 'notice',
          gateway,
          level: 'error',
          code: 'E_FEED_LOCKED',
          message: `${signed.length} headers, the last of them ${newest.txid}, were published with our key by another program: stop it`,
        })
      }
    }
    if (foreignAt === null) return verdict
    if (monotonicMs() - foreignAt > FOREIGN_MS) {
      foreignAt = null
      return verdict
    }
    become({
      state: 'foreign',
      why: 'another program publishes with our key: stop it; this feed waits 10 minutes',
    })
    return { verdict: 'wait', why: 'foreign' }
  }

  return {
    async judge(walk, registration, assetHeight, options) {
      const facts = await factsOf(walk, registration, assetHeight, options)
      const verdict = judgeBaton(facts)
      const decided =
        verdict.verdict === 'build' ? foreign(walk, verdict) : await other(verdict, facts, options)
      running = true
      return decided
    },
  }
}
