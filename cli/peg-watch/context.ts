/** What `pegminer peg-watch` is given. */
import type { PegWatch } from '../../desk/index.js'
import type { PriceSection } from '../../oracle/prices/index.js'
import type { CommandContext } from '../program/context.js'
import type { PegWatchKey } from '../program/keys.js'

export type PegWatchContext = CommandContext<
  PegWatchKey,
  { readonly prices: PriceSection; readonly pegWatch: PegWatch }
>
