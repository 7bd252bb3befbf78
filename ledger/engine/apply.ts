/** A block of the chain → what it changes. Pure: the order of all that happens in it (docs/protocol/ledger.md#order). */
import type { LedgerRules } from '../rules.js'
import { hasConversion, readBatch } from '../transactions/batch.js'
import { execute, type Execution } from './execute.js'
import { gradesOf, type Terms } from './grade.js'
import { executeHeld } from './held.js'
import { happenOnce } from './once.js'
import { createPending } from './pending.js'
import { ratesOf, type BlockRates } from './rates.js'
import {
  creditBurns,
  payDevelopers,
  payHolders,
  payWinners,
  SNAPSHOT_BLOCKS,
  type Paying,
} from './rewards.js'
import type { Bank, BlockOutcome, HeldBatch, LedgerBlock, LedgerEvent, LedgerView } from './types.js'

const NOTHING: Omit<BlockOutcome, 'height'> = {
  ...{ balances: new Map(), rates: null, bank: null, held: [], snapshot: false },
  ...{ oracle: null, staking: null, events: [] },
}

/** `view` is the state after the block before. */
export function applyBlock(view: LedgerView, block: LedgerBlock, terms: Terms): BlockOutcome {
  const { height } = block
  const { rules } = terms
  const events: LedgerEvent[] = []
  const here = new Map<string, 'executed' | 'entered'>()
  const tell = (event: LedgerEvent): void => {
    events.push(event)
    if (event.type === 'entered') here.set(event.batch.hash, 'entered')
    if (event.type === 'verdict' && event.status > 0) here.set(event.hash, 'executed')
  }
  const known = (hash: string) => here.get(hash) ?? view.known(hash)
  const pending = createPending(view)
  const paying: Paying = { pending, block, tell }

  // The reference begins behind the first block of a chain.
  if (height === 0) return { ...NOTHING, height }
  happenOnce(view, rules, paying)
  const grades = gradesOf(view, block, terms, tell)
  const found = ratesOf(view, grades, { height, rules })
  const outcome = {
    ...NOTHING,
    ...{ height, balances: pending.changes, events },
    ...{ oracle: grades.oracle, staking: grades.staking },
  }
  // The reference takes this error for success: the rest of the block never happens.
  if (found.kind === 'outside') return outcome

  const rates = found.kind === 'rates' ? found.rates : null
  const day = height % SNAPSHOT_BLOCKS === 0
  const snapshot = height >= rules.pegnet2 && day
  if (snapshot) payHolders(view, holderRates(view, found, block, terms), rules, paying)
  let bank: Bank | null = null
  let held: readonly HeldBatch[] = []
  if (height >= rules.transactions) {
    const execution = { pending, rules, height, tell }
    if (rates) bank = executeHeld(view, rates, execution, terms.averages)
    held = takeTransactions(block, { ...execution, prices: null }, known)
  }
  if (height < rules.pegnet2) creditBurns(block.factoids, paying)
  payWinners(grades, paying)
  if (height >= rules.developers && day) payDevelopers(rules, paying)
  return { ...outcome, rates, bank, held, snapshot }
}

/** Whether a block without anything in it changes nothing. */
export function isQuiet(height: number, rules: LedgerRules): boolean {
  const { pegnet2, emptyZero, emptyBurn, mint, unmint } = rules
  if (height >= pegnet2 && height % SNAPSHOT_BLOCKS === 0) return false
  return ![emptyZero, emptyBurn, mint, unmint].includes(height)
}

/** A block without rates takes those of before; up to a height the reference has none then. */
function holderRates(view: LedgerView, found: BlockRates, { height }: LedgerBlock, { rules }: Terms) {
  if (found.kind === 'rates') return found.rates
  return (height >= rules.enhanced ? view.ratesBefore(height)?.rates : null) ?? new Map<string, bigint>()
}

/** The block's own entries: transfers are executed at once, batches with a conversion are held. */
function takeTransactions(
  { height, transactions }: LedgerBlock,
  execution: Execution,
  known: LedgerView['known'],
): HeldBatch[] {
  const { rules, tell } = execution
  const held: HeldBatch[] = []
  for (const [order, entry] of transactions.entries()) {
    const batch = readBatch(entry, height, rules)
    if (!batch) continue
    const { hash } = batch
    const before = known(hash)
    if (before === 'executed') continue
    if (before === 'entered') {
      tell({ type: 'skipped', hash, reason: 'a batch that came before and was not executed' })
      continue
    }
    tell({ type: 'entered', batch, order, seconds: entry.seconds })
    if (hasConversion(batch)) held.push({ ...batch, height })
    else execute(batch, execution)
  }
  return held
}
