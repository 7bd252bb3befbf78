/** `pegminer wallet …`: addresses, their keys, and what is done with them. */
import { runAction } from '../program/actions.js'
import type { WalletContext } from './context.js'
import { importKeys, newAddress } from './keep.js'
import { address, list } from './show.js'

const ACTIONS = {
  new: { run: newAddress },
  import: { run: importKeys, most: 1 },
  list: { run: list },
  address: { run: address, most: 2 },
}

export const wallet = (context: WalletContext): Promise<number> => runAction('wallet', ACTIONS, context)
