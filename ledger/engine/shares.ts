/** How a bank is shared out among requests (docs/protocol/ledger.md#bank). */

export interface Request {
  readonly hash: string
  readonly index: number
  readonly amount: bigint
}

/**
 * What each request gets. All of it if they ask for less than there is; else in proportion, rounded down, and what is
 * left over goes to the largest, of equals to the one with the lowest hash, then index.
 */
export function shareOut(bank: bigint, requests: readonly Request[]): bigint[] {
  const total = requests.reduce((sum, { amount }) => sum + amount, 0n)
  if (total < bank) return requests.map(({ amount }) => amount)
  const paid = requests.map(({ amount }) => (amount * bank) / total)
  const rest = bank - paid.reduce((sum, share) => sum + share, 0n)
  const lucky = requests.reduce((best, request, k) => (comesFirst(request, requests[best]) ? k : best), 0)
  return paid.map((share, k) => (k === lucky ? share + rest : share))
}

function comesFirst(one: Request, other: Request | undefined): boolean {
  if (!other) return true
  if (one.amount !== other.amount) return one.amount > other.amount
  return one.hash === other.hash ? one.index < other.index : one.hash < other.hash
}
