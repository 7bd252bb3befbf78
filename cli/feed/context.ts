/** What each action of `pegminer feed` is given. */
import type { CommandContext } from '../program/context.js'
import type { FeedKey } from '../program/keys.js'
import type { FeedSections } from './plan.js'

export type FeedContext = CommandContext<FeedKey, FeedSections>
