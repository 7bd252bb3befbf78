/** The chain on its data directory: every event is in the journal before it counts. */
import { applyEvent, type ChainEvent } from './chain/machine.js'
import { welcome, type Message } from './chain/messages.js'
import { snapshotOf, stateOf } from './chain/snapshot.js'
import { freshState, type ChainState } from './chain/state.js'
import { fail } from './errors.js'
import { createArchive, type Archive } from './store/archive.js'
import { blockText, openDirectory, type BlockFiles } from './store/directory.js'
import { makeFolder } from './store/files.js'
import { openJournal, readJournal, type Journal, type JournalContent } from './store/journal.js'
import { lockDirectory } from './store/lock.js'

export interface Engine {
  readonly state: ChainState
  readonly archive: Archive
  /** Takes a message that has been checked (layout, signature). When it returns, the message survives a kill. */
  submit(message: Message, atMs: number): void
  /** Ends the current minute. */
  tick(atMs: number): void
  close(): void
}

/**
 * Opens the directory and goes on where the last process stood, or begins a chain (at `startHeight`, or 0). Throws `E_DEVCHAIN_LOCKED`,
 * `E_DEVCHAIN_FOREIGN`, `E_DEVCHAIN_DAMAGED`, `E_DEVCHAIN_STORE`.
 */
export function openEngine(dataDir: string, nowMs: number, startHeight?: number): Engine {
  makeFolder(dataDir)
  const unlock = lockDirectory(dataDir)
  try {
    return engineOn(openDirectory(dataDir, startHeight), nowMs, unlock)
  } catch (error) {
    unlock()
    throw error
  }
}

function engineOn(directory: BlockFiles, nowMs: number, unlock: () => void): Engine {
  const archive = createArchive(directory.genesis, (height) => directory.load(height))
  const content = readJournal(directory.journalPath)
  const { state, journal } = recover(directory, archive, content, nowMs)
  let failure: Error | null = null

  /** If a block cannot be saved the files lag behind the state: nothing more is taken, a restart mends it. */
  function record(event: ChainEvent): void {
    if (failure) throw failure
    journal.append(event)
    try {
      const saved = applyEvent(state, archive, event)
      if (!saved) return
      directory.save(saved)
      journal.restart(snapshotOf(state))
    } catch (error) {
      failure = error as Error
      throw error
    }
  }

  return {
    state,
    archive,
    submit(message, atMs) {
      if (welcome(state, message, atMs)) record({ ...message, atMs })
    },
    tick: (atMs) => record({ type: 'tick', atMs }),
    close() {
      journal.close()
      unlock()
    },
  }
}

function recover(
  directory: BlockFiles,
  archive: Archive,
  content: JournalContent | null,
  nowMs: number,
): { state: ChainState; journal: Journal } {
  const onDisk = directory.heights.at(-1) ?? archive.first
  const saved = content ? content.snapshot.height - 1 : onDisk
  // The block of the last save may be written while the journal still tells how it came about.
  if (!(saved === onDisk || saved === onDisk - 1))
    throw fail(
      'E_DEVCHAIN_DAMAGED',
      `the journal goes on from height ${saved}, the highest block is ${onDisk}`,
    )
  for (const height of directory.heights.filter((height) => height <= saved))
    archive.append(directory.load(height))
  if (!content) {
    const state = freshState(archive.tip.height + 1, archive.balances, nowMs)
    return { state, journal: openJournal(directory.journalPath, snapshotOf(state)) }
  }
  const state = restored(content, archive)
  let savedAgain = false
  for (const event of content.events) {
    const block = applyEvent(state, archive, event)
    if (!block) continue
    savedAgain = true
    if (block.height > onDisk) directory.save(block)
    else if (blockText(directory.load(block.height)) !== blockText(block))
      throw fail('E_DEVCHAIN_DAMAGED', `block ${block.height} is not the one in the journal`)
  }
  const journal = openJournal(directory.journalPath, content.bytes)
  if (savedAgain && !state.closing) journal.restart(snapshotOf(state))
  return { state, journal }
}

function restored({ snapshot }: JournalContent, archive: Archive): ChainState {
  try {
    return stateOf(snapshot, archive.balances, archive.tip.exchangeRate)
  } catch (cause) {
    throw fail('E_DEVCHAIN_DAMAGED', 'the first line of journal.jsonl does not fit the blocks', { cause })
  }
}
