/** What `pegminer explorer` is given. */
import type { CommandContext } from '../program/context.js'
import type { ExplorerKey } from '../program/keys.js'

export type ExplorerContext = CommandContext<ExplorerKey>
