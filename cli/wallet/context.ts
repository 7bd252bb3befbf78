/** What each action of `pegminer wallet` is given, and where its wallet is. */
import { join } from 'node:path'

import { dirOf } from '../ledger/files.js'
import type { CommandContext } from '../program/context.js'
import type { ReachKey, WalletKey } from '../program/keys.js'

export type WalletContext = CommandContext<WalletKey>
/** Of every command that signs and sends. */
export type ReachContext = CommandContext<ReachKey>

export const fileOf = (context: Pick<ReachContext, 'settings'>): string =>
  context.settings['wallet.file'] ?? join(dirOf(context), 'wallet.json')
