/** The wallet of a command: opened with its passphrase, and changed while nothing else changes it. */
import { existsSync } from 'node:fs'

import { mistake } from '../../config/index.js'
import {
  closeVault,
  EMPTY,
  lockWallet,
  openVault,
  readWallet,
  writeWallet,
  type Contents,
  type Vault,
  type Wallet,
} from '../../ledger/index.js'
import { fileOf, type ReachContext, type WalletContext } from './context.js'
import { askSecret } from './prompt.js'

const LEAST_CHARACTERS = 8

/** Changes the wallet, under its lock: what `change` returns is on disk before anything is shown of it. */
export async function changeWallet<C extends Contents>(
  context: ReachContext,
  change: (before: Contents) => C,
): Promise<C> {
  const file = fileOf(context)
  const unlock = lockWallet(file)
  try {
    const wallet = existsSync(file) ? readWallet(file) : EMPTY
    const passphrase = await passphraseOf(context, wallet)
    const vault = await openVault(wallet, passphrase)
    const changed = change({ addresses: wallet.addresses, vault })
    // A cost that was chosen once is kept.
    const cost = wallet.sealed ?? undefined
    writeWallet(file, await closeVault(changed.addresses, changed.vault, { passphrase, cost }))
    return changed
  } finally {
    unlock()
  }
}

/** Seals the same keys anew, under the wallet's lock. The file is the old one or the new one, however this ends. */
export async function changePassphrase(context: WalletContext): Promise<Contents['addresses']> {
  const file = fileOf(context)
  const unlock = lockWallet(file)
  try {
    const wallet = readWallet(file)
    if (wallet.sealed === null) throw wrong('the wallet only watches: without keys it has no passphrase')
    const vault = await openVault(wallet, await passphraseOf(context, wallet))
    const passphrase = await newPassphrase(context)
    const changed = await closeVault(wallet.addresses, vault, { passphrase, cost: wallet.sealed })
    // The new file must open before the old one goes.
    await openVault(changed, passphrase)
    writeWallet(file, changed)
    return changed.addresses
  } finally {
    unlock()
  }
}

/** Changes the open part of the wallet, for which nothing is unsealed. */
export function changeAddresses<C extends Pick<Contents, 'addresses'>>(
  context: ReachContext,
  change: (before: Contents['addresses']) => C,
): C {
  const file = fileOf(context)
  const unlock = lockWallet(file)
  try {
    const wallet = existsSync(file) ? readWallet(file) : EMPTY
    const changed = change(wallet.addresses)
    writeWallet(file, { addresses: changed.addresses, sealed: wallet.sealed })
    return changed
  } finally {
    unlock()
  }
}

export const unlockVault = async (context: ReachContext, wallet: Wallet): Promise<Vault> =>
  wallet.sealed === null ? openVault(wallet, '') : openVault(wallet, await passphraseOf(context, wallet))

/** The passphrase of the settings, or what is typed; a new one is typed twice. */
async function passphraseOf(context: ReachContext, { sealed }: Wallet): Promise<string> {
  const given = context.settings['wallet.passphrase']
  if (given !== undefined) return given
  const typed = sealed ? await askSecret(context, 'Passphrase') : await typeNew(context)
  if (typed !== undefined) return typed
  throw missing(
    'the wallet needs a passphrase: set PEGMINER_WALLET_PASSPHRASE or PEGMINER_WALLET_PASSPHRASE_FILE',
  )
}

async function newPassphrase(context: WalletContext): Promise<string> {
  const given = context.settings['wallet.newPassphrase'] ?? (await typeNew(context))
  if (given !== undefined) return given
  throw missing(
    'which one from now on? Set PEGMINER_WALLET_NEW_PASSPHRASE or PEGMINER_WALLET_NEW_PASSPHRASE_FILE',
  )
}

/** Undefined where there is no terminal. */
async function typeNew(context: ReachContext): Promise<string | undefined> {
  const typed = await askSecret(context, 'New passphrase for the wallet')
  if (typed === undefined) return undefined
  if (typed.length < LEAST_CHARACTERS) throw wrong(`a passphrase has at least ${LEAST_CHARACTERS} characters`)
  if ((await askSecret(context, 'The same again')) !== typed)
    throw wrong('these were two different passphrases')
  return typed
}

const missing = (text: string): Error => mistake('E_CONFIG_MISSING', text)
const wrong = (text: string): Error => mistake('E_CONFIG_SECRET', text)
