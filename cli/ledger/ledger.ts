/** `pegminer ledger …`: who holds what. */
import { nearest, problem, problemsError, shown } from '../../config/index.js'
import type { LedgerContext } from './context.js'
import { balances, bank, dump, history, issuance, rates, richlist } from './show.js'
import { serve } from './serve.js'
import { sync } from './sync.js'

/** What each is given besides its name. */
const ACTIONS = {
  sync: { argument: null, run: sync },
  balances: { argument: 'needed', run: balances },
  issuance: { argument: null, run: issuance },
  rates: { argument: null, run: rates },
  bank: { argument: null, run: bank },
  richlist: { argument: 'free', run: richlist },
  history: { argument: 'needed', run: history },
  dump: { argument: null, run: dump },
  serve: { argument: null, run: serve },
} as const
type Action = keyof typeof ACTIONS

export async function ledger(context: LedgerContext): Promise<number> {
  const [word, argument = ''] = context.positionals
  const names = Object.keys(ACTIONS) as Action[]
  const action = names.find((known) => known === word)
  const usage = (text: string) => problemsError([problem('E_CONFIG_ARGUMENT', text)])
  if (action === undefined) {
    const near = word === undefined ? undefined : nearest(word, names)
    const hint = near === undefined ? `choose ${names.join(', ')}` : `did you mean ${near}?`
    throw usage(
      word === undefined ? `say what to do; ${hint}` : `ledger does not know ${shown(word)}; ${hint}`,
    )
  }
  const { argument: wanted, run } = ACTIONS[action]
  if (wanted === null && argument !== '') throw usage(`unexpected argument ${shown(argument)}; see --help`)
  if (wanted === 'needed' && argument === '') throw usage(`say whose: pegminer ledger ${action} FA…`)
  return run(context, argument)
}
