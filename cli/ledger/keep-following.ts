/** Keeps the ledger of the data directory up with the chain, in a thread: for programs that serve it meanwhile. */
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'

import { isCoded, wallMs } from '../../base/index.js'
import type { LedgerQueries } from '../../ledger/index.js'
import { sharedByteMap } from '../../lxrhash/index.js'
import { HISTORY_FILE } from '../../oracle/index.js'
import type { Metrics } from '../../telemetry/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { noteNode } from '../network/connect.js'
import { createFollowView, type FollowView } from '../network/follow-progress.js'
import { followedNetwork, type FollowKey } from '../network/follow.js'
import type { CommandContext } from '../program/context.js'
import type { Resources } from '../program/resources.js'
import { requireDataDir } from '../service/data-dir.js'
import { dirOf, openEither, RECORDED_FILE } from './files.js'
import { followInThread } from './following.js'
import type { FollowingNews } from './following-thread.js'
import { ledgerBits } from './sync.js'

/** What is known of the node that is followed. */
export interface Seen {
  nodeHeight: number | null
  /** Of the block under construction. */
  minute: number | null
  blockSeconds: number | null
  trouble: string | null
  /** ms since 1970. */
  evenAt: number | null
}

export const nothingSeen = (): Seen => ({
  ...{ nodeHeight: null, minute: null, blockSeconds: null },
  ...{ trouble: null, evenAt: null },
})

export interface Serving {
  readonly metrics: Metrics
  readonly seen: Seen
  readonly resources: Resources
}

type FollowingContext = Pick<
  CommandContext<FollowKey | 'ledger.averages' | 'data.dir' | 'lxrhash.bits' | 'lxrhash.dir'>,
  'settings' | 'output' | 'log' | 'stderr' | 'signal'
>

/**
 * Whether a chain is followed here: on the network dev `pegminer mine` keeps the ledger, and that of a recorded chain
 * is whole.
 */
export function follows({ settings }: Pick<FollowingContext, 'settings'>): boolean {
  const dir = dirOf({ settings })
  return settings['network.name'] !== 'dev' && !isRecordedOnly(dir)
}

export const isRecordedOnly = (dir: string): boolean =>
  existsSync(join(dir, RECORDED_FILE)) && !existsSync(join(dir, HISTORY_FILE))

/** Ends with the thread, or throws its failure. `onBlock` is called with each block. */
export async function keepFollowing(
  context: FollowingContext,
  serving: Serving,
  onBlock: () => void,
): Promise<void> {
  const { settings } = context
  const dir = dirOf(context)
  requireDataDir(dir)
  // What is wrong with the settings is thrown here: an error of the thread would be its text alone.
  const network = followedNetwork(settings)
  await noteNode(context)
  const bits = ledgerBits(context, network)
  const byteMap = await openMap(context, { params: paramsOf({ 'lxrhash.bits': bits }), slots: 1 })
  context.signal.throwIfAborted()
  const task = { settings: { ...settings }, dir, byteMap: sharedByteMap(byteMap) }
  const following = followInThread(task, createHearer(context, serving, onBlock))
  serving.resources.add(() => following.close())
  await following.ended
}

/** Shows what the thread tells: a bar while it catches up, then an event for each block. */
function createHearer(
  context: Pick<FollowingContext, 'output' | 'log' | 'stderr'>,
  { metrics, seen }: Serving,
  onBlock: () => void,
): (news: FollowingNews) => void {
  const { output, log } = context
  let catchingUp: FollowView | null = createFollowView(context)
  return (news) => {
    switch (news.kind) {
      case 'node':
        seen.nodeHeight = news.height
        seen.minute = news.minute
        seen.blockSeconds = news.blockSeconds
        return
      case 'block':
        return metrics.ledgerBlock(news.block)
      case 'progress': {
        const { height } = news.progress
        seen.trouble = null
        onBlock()
        if (catchingUp) return catchingUp.show(news.progress)
        output.event({ event: 'ledger.block', height })
        return log.debug('a block was followed', { height })
      }
      case 'even':
        ;[seen.evenAt, seen.trouble] = [wallMs(), null]
        catchingUp?.end()
        catchingUp = null
        return
      case 'trouble':
        seen.trouble = `${news.code}: ${news.message}`
        log.warn(seen.trouble)
        output.event({ event: 'notice', level: 'warn', code: news.code, message: news.message })
    }
  }
}

/** The ledger, as soon as there is one; null if the end comes first. */
export async function openWhenKnown(
  context: Pick<FollowingContext, 'settings'>,
  known: AbortSignal,
  ending: AbortSignal,
): Promise<LedgerQueries | null> {
  try {
    return openEither(context)
  } catch (error) {
    if (known.aborted || !isCoded(error) || error.code !== 'E_LEDGER_NONE') throw error
  }
  const either = AbortSignal.any([known, ending])
  if (!either.aborted) await once(either, 'abort')
  return ending.aborted ? null : openEither(context)
}
