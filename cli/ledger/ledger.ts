/** `pegminer ledger …`: who holds what. */
import { runAction } from '../program/actions.js'
import type { LedgerContext } from './context.js'
import { checkpoint } from './checkpoint.js'
import { diff } from './diff.js'
import { balances, bank, dump, history, issuance, rates, richlist } from './show.js'

const ACTIONS = {
  sync: { run: async (context: LedgerContext) => (await import('./sync.js')).sync(context) },
  balances: { run: balances, most: 1, missing: 'say whose: pegminer ledger balances FA…' },
  issuance: { run: issuance },
  rates: { run: rates },
  bank: { run: bank },
  richlist: { run: richlist, most: 1 },
  history: { run: history, most: 1, missing: 'say whose: pegminer ledger history FA…' },
  dump: { run: dump },
  checkpoint: { run: checkpoint, most: 1, missing: 'say where to: pegminer ledger checkpoint FILE' },
  diff: { run: diff },
  serve: { run: async (context: LedgerContext) => (await import('./serve.js')).serve(context) },
}

export const ledger = (context: LedgerContext): Promise<number> => runAction('ledger', ACTIONS, context)
