/**
 * The price expression of a token: a description in reverse Polish notation, such as `KMD_BTC,BTC_USD,*,1`, by which
 * the daemon makes the token's price out of the chain's feeds. Whole numbers of 1e-8, cut towards zero as the daemon
 * does. A daemon that cannot read or evaluate it says nothing: every price is then 0. docs/protocol/pegs.md#prices
 */
export const UNIT = 100_000_000n

const OPERATIONS: Readonly<
  Record<string, { readonly need: number; apply(values: readonly bigint[]): bigint }>
> = {
  '*': { need: 2, apply: ([a = 0n, b = 0n]) => (a * b) / UNIT },
  '/': { need: 2, apply: ([a = 0n, b = 0n]) => (a * UNIT) / b },
  '!': { need: 1, apply: ([a = 0n]) => (UNIT * UNIT) / a },
  '***': { need: 3, apply: ([a = 0n, b = 0n, c = 0n]) => (((a * b) / UNIT) * c) / UNIT },
  '**/': { need: 3, apply: ([a = 0n, b = 0n, c = 0n]) => (a * b) / c },
  '*//': { need: 3, apply: ([a = 0n, b = 0n, c = 0n]) => (((a * UNIT) / b) * UNIT) / c },
  '///': {
    need: 3,
    apply: ([a = 0n, b = 0n, c = 0n]) => (((((UNIT * UNIT) / a) * UNIT) / b) * UNIT) / c,
  },
}

/** Values at a time that a daemon can hold. */
const MOST_DEPTH = 3
const MOST_WEIGHT = 2047
const MOST_VALUE = 2n ** 63n - 1n

export type ExpressionStep =
  { readonly feed: string } | { readonly operation: string } | { readonly weight: number }

export type ParsedExpression =
  | { readonly ok: true; readonly steps: readonly ExpressionStep[]; readonly feeds: readonly string[] }
  /** `code` is the daemon's own number for it. */
  | { readonly ok: false; readonly code: -1 | -2 | -3 | -4 | -5; readonly message: string }

/** `feeds`: the names that the chain has, of `prices`. */
export function parseExpression(text: string, feeds: readonly string[]): ParsedExpression {
  const bad = (code: -1 | -2 | -3 | -4 | -5, message: string): ParsedExpression => ({
    ok: false,
    code,
    message,
  })
  if (text === '') return bad(-1, 'the price expression is empty')
  const steps: ExpressionStep[] = []
  let depth = 0
  for (const word of text.split(',')) {
    const step = stepOf(word, feeds)
    if (step === null)
      return bad(-2, `"${word}" is neither a feed of the chain (${feeds.join(', ')}) nor an operation`)
    const need = 'weight' in step ? 1 : 'operation' in step ? (OPERATIONS[step.operation]?.need ?? 0) : 0
    if (depth < need) return bad(-3, `"${word}" needs ${need} values and finds ${depth}`)
    if ('weight' in step && depth > 1) return bad(-5, `the weight ${word} must find exactly one value`)
    depth += 'weight' in step ? -1 : 1 - need
    if (depth > MOST_DEPTH) return bad(-4, `more than ${MOST_DEPTH} values wait at "${word}"`)
    steps.push(step)
  }
  if (depth !== 0) return bad(-5, 'it must end with a weight, such as ",1"')
  return { ok: true, steps, feeds: [...new Set(steps.flatMap((step) => ('feed' in step ? step.feed : [])))] }
}

function stepOf(word: string, feeds: readonly string[]): ExpressionStep | null {
  if (Object.hasOwn(OPERATIONS, word)) return { operation: word }
  if (feeds.includes(word)) return { feed: word }
  const weight = /^[1-9]\d{0,3}$/.test(word) ? Number(word) : 0
  return weight >= 1 && weight <= MOST_WEIGHT ? { weight } : null
}

/**
 * The price in 1e-8 coins per token, or 0 where the daemon has none: a feed without value, a division by zero, a number
 * beyond 64 bits.
 */
export function evaluateExpression(
  steps: readonly ExpressionStep[],
  valueOf: (feed: string) => bigint,
): bigint {
  const stack: bigint[] = []
  let total = 0n
  let weights = 0n
  for (const step of steps) {
    if ('weight' in step) {
      total += (stack.pop() ?? 0n) * BigInt(step.weight)
      weights += BigInt(step.weight)
      continue
    }
    const value = 'feed' in step ? valueOf(step.feed) : applied(step.operation, stack)
    if (value <= 0n || value > MOST_VALUE) return 0n
    stack.push(value)
  }
  return weights === 0n || total > MOST_VALUE ? 0n : total / weights
}

function applied(operation: string, stack: bigint[]): bigint {
  const found = OPERATIONS[operation]
  return found === undefined ? 0n : found.apply(stack.splice(-found.need))
}

/** The price by an expression's text; 0 for one that cannot be read, as the daemon does. */
export function priceBy(text: string, values: ReadonlyMap<string, bigint>): bigint {
  const parsed = parseExpression(text, [...values.keys()])
  return parsed.ok ? evaluateExpression(parsed.steps, (feed) => values.get(feed) ?? 0n) : 0n
}
