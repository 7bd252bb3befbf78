/** What must be had before anything is signed: a yes, and the key. */
import { keyIn, type SigningKey, type Wallet } from '../../ledger/index.js'
import { fail } from '../program/errors.js'
import type { ReachContext, WalletContext } from './context.js'
import { unlockVault } from './open.js'
import { askYes } from './prompt.js'

/** Undefined where there is nothing to ask on. */
export async function saysYes(context: WalletContext, question: string): Promise<boolean | undefined> {
  return context.settings['confirm.yes'] || (await askYes(context, question))
}

/** Throws `E_CLI_CONFIRM` if it was not said. */
export async function requireYes(context: WalletContext, question: string): Promise<void> {
  const yes = await saysYes(context, question)
  if (yes === true) return
  throw fail('E_CLI_CONFIRM', yes === false ? 'nothing was done' : 'this moves money: give --yes to do it')
}

/** The key of an address (FA text); the passphrase is asked for. */
export async function unlockKey(context: ReachContext, wallet: Wallet, address: string): Promise<SigningKey> {
  const entry = wallet.addresses.find((known) => known.address === address)
  // Known without the passphrase.
  if (entry?.kind === 'watch') return keyIn({ seeds: [], secrets: [] }, address)
  return keyIn(await unlockVault(context, wallet), address)
}
