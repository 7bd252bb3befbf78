/** `pegminer wallet …`: addresses, their keys, and what is done with them. */
import { runAction } from '../program/actions.js'
import type { WalletContext } from './context.js'
import { burn } from './burn.js'
import { balance, history } from './holdings.js'
import { importKeys, newAddress, passphrase } from './keep.js'
import { convert, send } from './send.js'
import { address, list } from './show.js'
import { sign } from './sign.js'

const ACTIONS = {
  new: { run: newAddress },
  import: { run: importKeys, most: 1 },
  passphrase: { run: passphrase },
  list: { run: list },
  address: { run: address, most: 2 },
  send: { run: send, most: 3 },
  convert: { run: convert, most: 3 },
  burn: { run: burn, most: 1, missing: 'say how many: pegminer wallet burn 10' },
  balance: { run: balance, most: 1 },
  history: { run: history, most: 1 },
  sign: { run: sign, most: 1, missing: 'say which: pegminer wallet sign FILE --out SIGNED' },
}

export const wallet = (context: WalletContext): Promise<number> => runAction('wallet', ACTIONS, context)
