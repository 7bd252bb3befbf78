/**
 * Watches over the chain of batons: whether what the daemon offers is our own, what to do if not, and who else writes
 * with our key. What to do is `judgeBaton`'s decision.
 */
import { isWritable, sendReason, type CallOptions, type Registration } from '../../komodo/index.js'
import { judgeBaton, waitText, type BatonFacts, type BatonVerdict } from './baton.js'
import type { Walk } from './baton-chain.js'
import { createBatonFacts, type BatonFactsParts } from './baton-facts.js'
import type { RelayState } from './events.js'
import type { GatewayParts } from './parts.js'
import type { Sent } from './published.js'

export interface BatonWatchParts extends BatonFactsParts, GatewayParts {
  /** A reorganisation of the asset chain was noticed. */
  readonly onReorg: () => void
}

/**
 * The transaction on which the next header may be built, or else the state of the relay; null: the state stays as it
 * is.
 */
export type BatonWord = { readonly on: string } | { readonly state: RelayState | null }

/** Another program publishes with our key: this feed stands back until it has seen nothing of it for so long. */
const FOREIGN_MS = 600_000

export function createBatonWatch(parts: BatonWatchParts) {
  const { settings, published, emit, monotonicMs } = parts
  const { name: gateway } = settings
  const facts = createBatonFacts(parts)
  let foreignAt: number | null = null
  let adopting: string | null = null
  let orphan: string | null = null
  /** From the second pass on, what is published and not ours is another program's. */
  let running = false
  /** What was told last, so that it is told once. */
  let lastSaid = ''

  /** Acts on a verdict other than `build`. */
  async function other(
    verdict: Exclude<BatonVerdict, { verdict: 'build' }>,
    given: BatonFacts,
    options: CallOptions,
  ): Promise<BatonWord> {
    if (verdict.verdict === 'adopt') return adopt(verdict)
    adopting = null
    if (verdict.verdict === 'resend') await resend(parts, facts, options)
    const why =
      verdict.verdict === 'resend'
        ? `our last published transaction ${verdict.txid} was lost: it was sent again`
        : waitText(verdict.why, given)
    // A block may be disconnected between two calls of one pass, so only what two passes see counts.
    const orphaned = verdict.verdict === 'wait' && verdict.why === 'orphaned'
    const lasting = orphaned && orphan === given.daemon
    orphan = orphaned ? given.daemon : null
    if (lasting || !orphaned) tell(why, orphaned)
    return { state: lasting ? { state: 'blocked', why } : { state: 'baton', why } }
  }

  /**
   * Tells each reason once. The first after a quiet time is the reorganisation; those that follow are its consequences.
   */
  function tell(why: string, isError: boolean): void {
    if (lastSaid === why) return
    if (lastSaid === '' && !isError) {
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
    lastSaid = why
  }

  /** Takes over another branch once two passes have found it: a block may come between two calls of one pass. */
  function adopt(verdict: Extract<BatonVerdict, { verdict: 'adopt' }>): BatonWord {
    if (adopting !== verdict.on) {
      adopting = verdict.on
      const why = `another branch of batons lives, up to ${verdict.on}: looking once more`
      return { state: { state: 'baton', why } }
    }
    adopting = null
    if (parts.dryRun) return { state: null }
    published.adopt(verdict.on)
    parts.onReorg()
    const message = `the branch of batons that ended with ${verdict.dead} is dead, ${verdict.on} lives: what only the dead one held is published again`
    emit({ event: 'reorg', gateway, chain: 'asset', headers: 0, message })
    return { on: verdict.on }
  }

  /** Headers above our last one that we did not send: two publishers must never take turns. */
  function foreign(walk: Walk, on: string): BatonWord {
    lastSaid = ''
    const { head } = published
    const above = head === null ? -1 : walk.samples.findIndex(({ txid }) => txid === head.txid)
    const signed = walk.samples.slice(0, Math.max(0, above)).filter((sample) => sample.signed)
    const [newest] = signed
    if (newest !== undefined && !parts.dryRun) {
      published.adopt(newest.txid)
      // In the first pass of a run the foreign headers may be this feed's own, sent from another machine.
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
    if (foreignAt !== null && monotonicMs() - foreignAt > FOREIGN_MS) foreignAt = null
    if (foreignAt === null) return { on }
    const why = 'another program publishes with our key: stop it; this feed waits 10 minutes'
    return { state: { state: 'foreign', why } }
  }

  return async function judge(
    walk: Walk,
    registration: Registration,
    assetHeight: number,
    options: CallOptions,
  ): Promise<BatonWord> {
    const given = await facts.of(walk, registration, assetHeight, options)
    const verdict = judgeBaton(given)
    const word =
      verdict.verdict === 'build' ? foreign(walk, verdict.on) : await other(verdict, given, options)
    running = true
    return word
  }
}

/** Sends again, in their order, those of the last transactions that neither mempool nor chain has. */
async function resend(
  { asset, published, dryRun }: BatonWatchParts,
  facts: ReturnType<typeof createBatonFacts>,
  options: CallOptions,
): Promise<void> {
  if (dryRun || !isWritable(asset.rpc.health)) return
  const lost: Sent[] = []
  for (const sent of [...published.recent].reverse()) {
    if ((await facts.whereIs(sent.txid, options)) !== 'gone') break
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
