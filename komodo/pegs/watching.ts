/**
 * A peg is watched: looked at again and again, and, where its owner asked for it, something is done. Each action is a
 * journey like a user's, with a journal of its own: given again after a crash it goes on, and nothing is done twice.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'

import { isCoded } from '../../base/index.js'
import { isAway, type KomodoClient } from '../client.js'
import type { KnownAccounts } from './accounts.js'
import { fail } from './errors.js'
import { createStillness, frozenText } from './frozen.js'
import type { Peg, PegToken } from './holder.js'
import { openJournal } from './journal.js'
import { liquidate } from './liquidate.js'
import { operate, ownOutputs, type Operating } from './operations.js'
import { chooseAction, type RuleName, type WatchRules } from './watch-actions.js'
import type { OpenAction, WatchBooks } from './watch-books.js'
import { lookAt, type Look } from './watch.js'
import { isVoid, type WriteEvent } from './write.js'

export interface WatchingOptions {
  readonly client: KomodoClient
  readonly peg: Peg
  readonly pubkey: string
  /** Tokens of the peg that are looked at. */
  readonly tokens: readonly PegToken[]
  readonly rules: WatchRules
  /** Null: nothing is done. */
  readonly books: WatchBooks | null
  /** Of the journal of what is being done. */
  readonly folder: string
  /** One look, then the end; what goes wrong is thrown. */
  readonly once: boolean
  /** Looks at one height after which the daemon is taken for frozen. */
  readonly stillLooks?: number
  readonly signal: AbortSignal
  readonly pause: () => Promise<void>
  readonly tell: (event: WatchEvent) => void
}

export interface ActionEvent {
  readonly event: 'action'
  readonly token: string
  readonly rule: RuleName
  /** `held`: it is due and not begun. `failed`: begun, and it goes on with the next look if it still can. */
  readonly stage: 'begun' | 'done' | 'failed' | 'held'
  readonly sat: bigint
  readonly account: string | null
  readonly txid: string | null
  readonly message: string
}

export type WatchEvent =
  | { readonly event: 'looked'; readonly looks: readonly Look[] }
  /** `away`: the daemon does not answer. `frozen`: it answers and stands still. */
  | { readonly event: 'trouble'; readonly what: 'away' | 'frozen'; readonly message: string }
  | ActionEvent
  | ({ readonly event: 'write' } & WriteEvent)

/** Blocks for which a rule rests after it could not be carried out. */
const REST_BLOCKS = 10

/** Ends with the signal, or after one look. Throws `E_PEGS_STATE` if what was begun is of a token that is not watched. */
export async function watchPeg(options: WatchingOptions): Promise<void> {
  const { books, once, signal, pause, tell, tokens } = options
  const begun = books?.open
  if (begun && !tokens.some(({ name }) => name === begun.token))
    throw fail(
      'E_PEGS_STATE',
      `${begun.rule} of ${begun.token} was begun and is not done: watch ${begun.token}, too`,
    )
  const watch = createLooks(options)
  for (;;) {
    try {
      if (books?.open) await carryOut(options, books.open, watch)
      const looks = await watch.look()
      if (looks !== null && books !== null) await choose(options, looks, watch)
    } catch (error) {
      if (signal.aborted) return
      if (once || !isCoded(error)) throw error
      tell({ event: 'trouble', what: 'away', message: error.message })
    }
    if (once) return
    await pause()
  }
}

interface Looks {
  /** Null: the daemon stands still or is behind, so nothing of it is acted upon. */
  look(): Promise<readonly Look[] | null>
  /** A rule that could not be carried out rests for some blocks. */
  rest(token: string, rule: RuleName): void
  rests(token: string, rule: RuleName): boolean
  /** A reason why something is not done, told once as long as it is the same. */
  held(event: ActionEvent): void
}

function createLooks({
  client,
  peg,
  pubkey,
  tokens,
  once,
  stillLooks,
  signal,
  tell,
}: WatchingOptions): Looks {
  const known: KnownAccounts = new Map()
  const stands = createStillness(stillLooks)
  const resting = new Map<string, number>()
  const lastMessages = new Map<string, string>()
  let height = 0
  return {
    async look() {
      const { blocks, headers } = await client.chainInfo({ signal })
      height = blocks
      const all = await lookAt(client, { peg, pubkey, known }, { signal })
      const looks = all.filter(({ token }) => tokens.some(({ name }) => name === token))
      tell({ event: 'looked', looks })
      if (stands(blocks) && !once) {
        tell({ event: 'trouble', what: 'frozen', message: frozenText(client) })
        return null
      }
      return headers > blocks + 1 ? null : looks
    },
    rest: (token, rule) => void resting.set(`${token} ${rule}`, height + REST_BLOCKS),
    rests: (token, rule) => height < (resting.get(`${token} ${rule}`) ?? 0),
    held(event) {
      const key = `${event.token} ${event.rule}`
      if (lastMessages.get(key) !== event.message) tell(event)
      lastMessages.set(key, event.message)
    },
  }
}

/** One action at most: after it everything looks different. */
async function choose(options: WatchingOptions, looks: readonly Look[], watch: Looks): Promise<void> {
  const { client, rules, signal } = options
  const books = options.books as WatchBooks
  const outputs = await ownOutputs(client, { signal })
  for (const look of looks) {
    const { token } = look
    const awake = Object.fromEntries(
      Object.entries(rules).map(([rule, found]) => [
        rule,
        watch.rests(token, rule as RuleName) ? null : found,
      ]),
    ) as unknown as WatchRules
    const choice = chooseAction(look, awake, { left: books.left(token, rules), outputs })
    if (choice.do === 'hold') {
      const { rule, held: message } = choice
      watch.held({ event: 'action', token, rule, stage: 'held', sat: 0n, account: null, txid: null, message })
    }
    if (choice.do === 'act') return carryOut(options, books.begin(token, choice.action), watch)
  }
}

async function carryOut(options: WatchingOptions, action: OpenAction, watch: Looks): Promise<void> {
  const { signal, tell } = options
  const books = options.books as WatchBooks
  const { token, rule, sat, account } = action
  const tellStage = (stage: ActionEvent['stage'], txid: string | null, message = ''): void =>
    tell({ event: 'action', token, rule, stage, sat, account, txid, message })
  const { operating, file, write } = openAction(options, action, watch)
  tellStage('begun', null)
  try {
    const { txid } = await perform(operating, action)
    close(books, file)
    tellStage('done', txid)
  } catch (error) {
    if (signal.aborted || isAway(error) || !isCoded(error)) throw error
    // What is in a block is done, whatever the account is like now.
    const isOver = error.code === 'E_PEGS_DIFFERS' || (await isVoid(operating, write))
    watch.rest(token, rule)
    if (isOver) close(books, file)
    tellStage('failed', operating.journal.write(write)?.txid ?? null, error.message)
  }
}

function close(books: WatchBooks, file: string): void {
  books.end()
  rmSync(file, { force: true })
}

const WRITES: Readonly<Record<RuleName, string>> = { topUp: 'fund', redeem: 'redeem', liquidate: 'liquidate' }

function openAction(options: WatchingOptions, { id, token: name, rule }: OpenAction, watch: Looks) {
  const { client, peg, pubkey, folder, signal, pause, tell, tokens } = options
  const file = join(folder, `watch-${id}.json`)
  const operating: Operating = {
    ...{ client, peg, pubkey, signal },
    token: tokens.find((token) => token.name === name) as PegToken,
    journal: openJournal(file, `watch ${id} ${peg.pegsTxid} ${pubkey}`),
    // The account is looked at while a block is waited for, too.
    pause: async () => {
      await pause()
      await watch.look()
    },
    tell: (event) => tell({ event: 'write', ...event }),
  }
  return { operating, file, write: WRITES[rule] }
}

function perform(
  operating: Operating,
  { rule, sat, account }: OpenAction,
): Promise<{ readonly txid: string }> {
  if (rule === 'topUp') return operate(operating, { do: 'fund', sat })
  if (rule === 'redeem') return operate(operating, { do: 'redeem' })
  return liquidate(operating, account ?? '')
}
