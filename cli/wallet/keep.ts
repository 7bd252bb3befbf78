/** `pegminer wallet new|import|passphrase`: addresses, with keys or to watch, and what their keys are under. */
import { readFileSync, statSync } from 'node:fs'

import { messageOf } from '../../base/index.js'
import { mistake, shown, wrongArgument } from '../../config/index.js'
import { isAddress } from '../../factom/index.js'
import {
  addNext,
  addSecrets,
  addWatched,
  addWords,
  readBackup,
  type Added,
  type Contents,
  type WalletAddress,
} from '../../ledger/index.js'
import { EXIT } from '../program/context.js'
import { factPrinter } from '../view/facts.js'
import { plural } from '../view/format.js'
import { fileOf, type WalletContext } from './context.js'
import { changeAddresses, changePassphrase, changeWallet } from './open.js'
import { askSecret } from './prompt.js'
import { tellAddress } from './show.js'
import { requireTerminal, showWords } from './words.js'

const MOST_BYTES = 1024 * 1024

export async function newAddress(context: WalletContext): Promise<number> {
  const { settings, output } = context
  // Known before anything is made.
  if (settings['wallet.words']) requireTerminal(context)
  const name = settings['wallet.name'] ?? null
  const { added, vault } = await changeWallet(context, (before) => addNext(before, name))
  tell(context, added)
  if (settings['wallet.words']) showWords(context, vault.seeds[0]?.words)
  else if (vault.seeds[0]?.next === 1)
    output.line(' Keep a copy of the file, or write down the words: pegminer wallet list --words shows them.')
  return EXIT.done
}

export async function importKeys(context: WalletContext, source?: string): Promise<number> {
  const { settings, log } = context
  const name = settings['wallet.name'] ?? null
  if (source !== undefined && isAddress(source, 'FA')) {
    tell(context, changeAddresses(context, (before) => addWatched(before, source, name)).added)
    return EXIT.done
  }
  const backup = readBackup(source === undefined ? await secretOf(context) : fileText(source))
  if (backup.left > 0)
    log.info(
      `${plural(backup.left, 'key')} of entry credits and identities are left out: the ledger needs none`,
    )
  const { 'wallet.path': path, 'wallet.addresses': count } = settings
  const terms = path === undefined ? { count } : { count: 1, path }
  const { added } = await changeWallet(context, (before) => {
    let all: Added = { ...before, added: [] }
    const more = (add: (contents: Contents, name: string | null) => Added): void => {
      const next = add(all, all.added.length === 0 ? name : null)
      all = { ...next, added: [...all.added, ...next.added] }
    }
    for (const words of backup.words)
      more((contents, first) => addWords(contents, words, { ...terms, name: first }))
    more((contents, first) => addSecrets(contents, backup.secrets, first))
    return all
  })
  tell(context, added)
  if (source !== undefined)
    context.output.line(` ${source} holds secrets: delete it once the wallet has a copy.`)
  return EXIT.done
}

export async function passphrase(context: WalletContext): Promise<number> {
  const { output } = context
  const addresses = await changePassphrase(context)
  const file = fileOf(context)
  factPrinter(output)('wallet', file)
  output.event({ event: 'wallet.passphrase', file, addresses: addresses.length })
  output.line(
    ' The new passphrase opens it now. Copies of the file that were made before still open with the old one.',
  )
  return EXIT.done
}

async function secretOf(context: WalletContext): Promise<string> {
  const given = context.settings['wallet.secret'] ?? (await askSecret(context, 'Secret key, or words'))
  if (given !== undefined) return given
  throw mistake(
    'E_CONFIG_MISSING',
    'what is to be imported? Set PEGMINER_WALLET_SECRET or PEGMINER_WALLET_SECRET_FILE, or name a file or an address',
  )
}

function fileText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size <= MOST_BYTES) return readFileSync(file, 'utf8')
    throw new Error(`it has ${size} bytes, which is no backup`)
  } catch (error) {
    throw wrongArgument(`${shown(file)} is no address (FA…), and no file: ${messageOf(error)}`)
  }
}

function tell(context: WalletContext, added: readonly WalletAddress[]): void {
  const { output } = context
  const file = fileOf(context)
  factPrinter(output)('wallet', file)
  if (added.length === 0) output.line(' Nothing new: it was all there already.')
  for (const entry of added) tellAddress(context, entry)
  output.event({ event: 'wallet.changed', file, added: added.length })
}
