/** What each action of `pegminer basket` is given. */
import type { CommandContext } from '../program/context.js'
import type { BasketKey } from '../program/keys.js'

export type BasketContext = CommandContext<BasketKey>
