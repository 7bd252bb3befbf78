/** What each action of `pegminer ledger` is given. */
import type { CommandContext } from '../program/context.js'
import type { LedgerKey } from '../program/keys.js'

export type LedgerContext = CommandContext<LedgerKey>
