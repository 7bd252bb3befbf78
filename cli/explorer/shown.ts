/** What the explorer shows: a recorded chain, a network that is followed, or an embedded one that lives. */
import { join } from 'node:path'

import { isCoded, sleep } from '../../base/index.js'
import type { Pulse } from '../../explorer/index.js'
import { createFactomClient, type FactomClient } from '../../factom/index.js'
import { openLedger, type LedgerQueries } from '../../ledger/index.js'
import { dirOf, openEither, RECORDED_FILE } from '../ledger/files.js'
import {
  follows,
  isRecordedOnly,
  keepFollowing,
  openWhenKnown,
  type Seen,
  type Serving,
} from '../ledger/keep-following.js'
import { syncRecorded } from '../ledger/sync.js'
import { requireDataDir } from '../service/data-dir.js'
import type { ExplorerContext } from './context.js'
import { playHolders } from './holders.js'
import { openLiving } from './living.js'

export interface Shown {
  /** Null: the end came before there was anything. */
  readonly query: LedgerQueries | null
  /** Time from block to block. */
  readonly blockSeconds: () => number
  /** Null: nothing is followed. */
  readonly pulse: () => Pulse | null
}

/** MainNet's time from block to block. */
const BLOCK_SECONDS = 600
const POLL_MS = 500

/** `keep` is given what runs on beside the pages, and ends the command if that fails. */
export async function openShown(
  context: ExplorerContext,
  serving: Serving,
  keep: (work: Promise<unknown>) => void,
): Promise<Shown> {
  const { settings, signal } = context
  const { resources, seen } = serving
  const dir = dirOf(context)
  const from = settings['ledger.fromFile']
  const added = (query: LedgerQueries | null): LedgerQueries | null => {
    if (query) resources.add(() => query.close())
    return query
  }
  if (from !== undefined) {
    requireDataDir(dir)
    const file = join(dir, RECORDED_FILE)
    await syncRecorded(context, { from, file }, resources)
    return { query: added(openLedger(file)), blockSeconds: () => BLOCK_SECONDS, pulse: () => null }
  }
  if (isRecordedOnly(dir))
    return { query: added(openEither(context)), blockSeconds: () => BLOCK_SECONDS, pulse: () => null }
  if (!follows(context)) return openDev(context, serving, keep)
  const known = new AbortController()
  keep(keepFollowing(context, serving, () => known.abort()))
  return {
    query: added(await openWhenKnown(context, known.signal, signal)),
    ...{ blockSeconds: () => seen.blockSeconds ?? BLOCK_SECONDS, pulse: () => seen },
  }
}

async function openDev(
  context: ExplorerContext,
  { seen, resources }: Serving,
  keep: (work: Promise<unknown>) => void,
): Promise<Shown> {
  const { settings, origins, log, signal } = context
  const dataDir = dirOf(context)
  requireDataDir(dataDir)
  const { url, ended } = await openLiving({ settings, origins, dataDir, resources, signal })
  if (ended) keep(ended)
  const client = createFactomClient({ url })
  resources.add(() => client.close())
  keep(watchNode(client, seen, signal))
  const query = await openWhenThere(context, signal)
  const shown = { blockSeconds: () => seen.blockSeconds ?? BLOCK_SECONDS, pulse: () => seen }
  if (query === null) return { ...shown, query }
  const stop = new AbortController()
  const playing = playHolders({ client, query, dataDir, log, signal: AbortSignal.any([signal, stop.signal]) })
  keep(playing)
  resources.add(async () => {
    stop.abort()
    await playing.catch(() => undefined)
    query.close()
  })
  return { ...shown, query }
}

/** The ledger of a miner that has just begun. */
async function openWhenThere(context: ExplorerContext, signal: AbortSignal): Promise<LedgerQueries | null> {
  while (!signal.aborted) {
    try {
      return openEither(context)
    } catch (error) {
      if (!isCoded(error) || !['E_LEDGER_NONE', 'E_HISTORY_NONE'].includes(error.code)) throw error
    }
    await sleep(POLL_MS, signal)
  }
  return null
}

async function watchNode(client: FactomClient, seen: Seen, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const { directoryBlockHeight, minute, blockSeconds } = await client.currentMinute(signal)
      Object.assign(seen, { nodeHeight: directoryBlockHeight, minute, blockSeconds, trouble: null })
    } catch (error) {
      if (signal.aborted) return
      if (!isCoded(error)) throw error
      seen.trouble = `${error.code}: ${error.message}`
    }
    await sleep(POLL_MS, signal)
  }
}
