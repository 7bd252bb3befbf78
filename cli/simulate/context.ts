/** What `pegminer simulate` is given. */
import type { CommandContext } from '../program/context.js'
import type { SimulateKey } from '../program/keys.js'

export type SimulateContext = CommandContext<SimulateKey>
