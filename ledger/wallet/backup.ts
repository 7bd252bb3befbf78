/** Secrets as other programs write them down: one key, words, lines of either, or the backup of factom-walletd. */
import { isAddress } from '../../factom/index.js'
import { parseJson } from '../../base/index.js'
import { fail } from '../errors.js'
import { readWords, signingKey } from './keys.js'

export interface Backup {
  readonly words: readonly string[]
  /** `Fs…`, `0x…`. */
  readonly secrets: readonly string[]
  /** Keys that are for other things than the ledger: entry credits, identities. */
  readonly left: number
}

/** Throws `E_WALLET_SECRET`; what the text holds is never repeated. */
export function readBackup(text: string): Backup {
  const found = { words: new Set<string>(), secrets: new Set<string>(), left: 0 }
  const lines = text.trimStart().startsWith('{') ? jsonTexts(text) : text.split(/\r?\n/)
  for (const line of lines.map((one) => one.trim()).filter(Boolean)) {
    const words = readWords(line)
    if (words !== null) {
      found.words.add(words)
      continue
    }
    // As factom-cli lists them: address and secret on one line.
    for (const word of line.split(/[\s,;]+/)) {
      if (isAddress(word, 'Fs') || /^0x[0-9a-fA-F]{64}$/.test(word)) {
        signingKey(word)
        found.secrets.add(word)
      } else if (/^(Es|idsec)/.test(word)) found.left++
    }
  }
  const { left } = found
  if (found.words.size + found.secrets.size > 0)
    return { words: [...found.words], secrets: [...found.secrets], left }
  throw fail(
    'E_WALLET_SECRET',
    left > 0
      ? 'only keys of entry credits or identities were found; a key of the ledger begins with Fs'
      : 'no secret was found: a key that begins with Fs, 0x and 64 hex digits, or 12 to 24 words (all of them right)',
  )
}

/** All texts in it: the seed and the secrets of `wallet-backup` among them. */
function jsonTexts(text: string): string[] {
  const texts: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value === 'string') texts.push(value)
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
  }
  try {
    walk(parseJson(text))
  } catch {
    throw fail('E_WALLET_SECRET', 'the backup begins as JSON, but is none')
  }
  return texts
}
