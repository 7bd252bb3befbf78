/** Who holds how many entry credits and factoids. */
import type { EntryCommit } from '../../commit.js'
import type { FactoidTransaction } from '../blocks/index.js'

export interface Balances {
  /** Entry credits by public key (hex). */
  readonly credits: Map<string, number>
  /** Factoshis by RCD hash (hex). */
  readonly factoids: Map<string, bigint>
}

export function createBalances(from?: Balances): Balances {
  return { credits: new Map(from?.credits), factoids: new Map(from?.factoids) }
}

/** Takes the credits of a commit. False, and nothing done, if the key has too few. */
export function applyCommit({ credits }: Balances, commit: EntryCommit): boolean {
  const left = (credits.get(commit.ecPublicKey) ?? 0) - commit.credits
  if (left < 0) return false
  credits.set(commit.ecPublicKey, left)
  return true
}

/** The first address whose inputs, taken together, are more than it has; `null` if all are covered. */
export function uncoveredInput({ factoids }: Balances, { inputs }: FactoidTransaction): string | null {
  const needed = new Map<string, bigint>()
  for (const { address, amount } of inputs) {
    const sum = (needed.get(address) ?? 0n) + amount
    if (sum > (factoids.get(address) ?? 0n)) return address
    needed.set(address, sum)
  }
  return null
}

/**
 * Moves the amounts of a transaction; bought entry credits are rounded down at `rate` factoshis each, what is
 * left over is the fee. False, and nothing done, if an input is not covered.
 */
export function applyTransaction(balances: Balances, transaction: FactoidTransaction, rate: bigint): boolean {
  if (uncoveredInput(balances, transaction) !== null) return false
  const { credits, factoids } = balances
  for (const { address, amount } of transaction.inputs)
    factoids.set(address, (factoids.get(address) ?? 0n) - amount)
  for (const { address, amount } of transaction.outputs)
    factoids.set(address, (factoids.get(address) ?? 0n) + amount)
  for (const { address, amount } of transaction.ecOutputs)
    credits.set(address, (credits.get(address) ?? 0) + Number(amount / rate))
  return true
}
