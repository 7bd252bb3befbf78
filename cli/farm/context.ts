import type { PriceSection } from '../../oracle/prices/index.js'
import type { CommandContext } from '../program/context.js'
import type { FarmKey } from '../program/keys.js'

export type FarmContext = CommandContext<FarmKey, { readonly prices: PriceSection }>
