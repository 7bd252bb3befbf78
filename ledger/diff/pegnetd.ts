/** A running pegnetd, asked for what it knows. Its replies are bounded, and numbers are read from their digits. */
import { checkJson, messageOf } from '../../base/index.js'
import { createPoster } from '../../base/http-post.js'
import { fail } from '../errors.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { readAddress } from '../transactions/address.js'
import type { LedgerAction } from '../store/pages.js'
import { compactJson, elementsOf, membersOf, textOf } from '../transactions/json.js'

export type Amounts = ReadonlyMap<Ticker, bigint>

/** What is compared of a line of a history. */
export type RemoteLine = Pick<LedgerAction, 'hash' | 'index' | 'height' | 'status' | 'amount' | 'result'>

export type Pegnetd = ReturnType<typeof createPegnetd>

export const MOST_ADDRESSES = 90
/** The height may move while it answers. */
const TRIES = 10
const LIMIT_MS = 60_000
const MOST_BYTES = 16 * 2 ** 20
const NO_TRANSACTION = -32803n
const NOTHING = -32809n
const BAD_PARAMS = -32602n
/** By the number of a line's action. */
const KINDS: Readonly<Record<number, LedgerAction['kind']>> = {
  1: 'transfer',
  2: 'conversion',
  3: 'coinbase',
  4: 'burn',
}

interface Call {
  readonly method: string
  readonly params?: Readonly<Record<string, string | number | boolean>>
}
type Members = ReadonlyMap<string, Uint8Array>
type Answer = { readonly result: Uint8Array } | { readonly code: bigint; readonly message: string }

const textBytes = new TextEncoder()
const wrong = (url: string, what: string) => fail('E_LEDGER_PEGNETD', `${url}: ${what}`)

/** What is in a reply. Each throws `E_LEDGER_PEGNETD` for what is not there. */
function readersOf(url: string) {
  function objectOf(json: Uint8Array | undefined): Members {
    const members = json && membersOf(json)
    if (!members) throw wrong(url, 'it does not answer as pegnetd does')
    return new Map(members)
  }

  function numberIn(object: Members, name: string): bigint {
    const digits = Buffer.from(object.get(name) ?? []).toString('latin1')
    if (!/^-?\d{1,25}$/.test(digits)) throw wrong(url, `${name} is no whole number`)
    return BigInt(digits)
  }

  const textIn = (object: Members, name: string): string => textOf(object.get(name) ?? new Uint8Array()) ?? ''
  const addressIn = (object: Members, name: string): string => {
    const address = readAddress(textIn(object, name))
    if (address === null) throw wrong(url, `${name} is no address`)
    return address
  }
  const orZero = (object: Members, name: string): bigint => (object.has(name) ? numberIn(object, name) : 0n)

  const lineIn = (line: Members): RemoteLine => ({
    ...{ hash: textIn(line, 'hash'), index: Number(numberIn(line, 'txindex')) },
    ...{ height: Number(numberIn(line, 'height')), status: Number(numberIn(line, 'executed')) },
    ...{ amount: numberIn(line, 'fromamount'), result: orZero(line, 'toamount') },
  })

  function actionIn(line: Members): LedgerAction {
    const kind = KINDS[Number(numberIn(line, 'txaction'))]
    const seconds = Math.floor(Date.parse(textIn(line, 'timestamp')) / 1000)
    if (!kind || !Number.isFinite(seconds)) throw wrong(url, 'a line of a history is none')
    const outputs = (elementsOf(line.get('outputs') ?? textBytes.encode('[]')) ?? []).map(objectOf)
    const paid = outputs.map((output) => ({
      address: addressIn(output, 'address'),
      amount: numberIn(output, 'amount'),
    }))
    return {
      ...{ ...lineIn(line), kind, seconds },
      ...{ address: addressIn(line, 'fromaddress'), ticker: textIn(line, 'fromasset') },
      target: textIn(line, 'toasset'),
      // Of a conversion into PEG the one output is what was given back.
      refund: kind === 'conversion' && paid[0] ? paid[0].amount : null,
      outputs: kind === 'transfer' ? paid : [],
    }
  }

  return { objectOf, numberIn, lineIn, actionIn }
}

/** Throws `E_LEDGER_PEGNETD` for what is no answer of a pegnetd, or none at all. */
export function createPegnetd(url: string, signal: AbortSignal) {
  const { objectOf, numberIn, lineIn, actionIn } = readersOf(url)
  const poster = createPoster({ contentType: 'application/json', maxSockets: 4, maxBytes: MOST_BYTES })

  async function ask(calls: readonly Call[]): Promise<Answer[]> {
    const body = JSON.stringify(calls.map((call, id) => ({ jsonrpc: '2.0', id, ...call })))
    let text: string
    try {
      text = (await poster.post(url, body, { limitMs: LIMIT_MS, signal })).text
      checkJson(text, { depth: 16 })
    } catch (error) {
      signal.throwIfAborted()
      throw wrong(url, messageOf(error) || 'no answer')
    }
    const replies = elementsOf(compactJson(textBytes.encode(text)) ?? new Uint8Array()) ?? []
    const byId = new Map(replies.map((reply) => [numberIn(objectOf(reply), 'id'), objectOf(reply)]))
    return calls.map((_, id) => answerOf(byId.get(BigInt(id))))
  }

  function answerOf(reply: Members | undefined): Answer {
    const result = reply?.get('result')
    if (result) return { result }
    const error = objectOf(reply?.get('error'))
    const message = textOf(error.get('message') ?? new Uint8Array()) ?? ''
    return { code: numberIn(error, 'code'), message: message.slice(0, 200) }
  }

  const resultOf = (answer: Answer | undefined): Members => {
    if (answer && 'result' in answer) return objectOf(answer.result)
    throw wrong(url, `it answers with an error: ${answer ? answer.message : 'none'}`)
  }
  const amountsOf = (object: Members): Amounts =>
    new Map(TICKERS.map((ticker) => [ticker, object.has(ticker) ? numberIn(object, ticker) : 0n]))
  const heightOf = (answer: Answer | undefined): number => Number(numberIn(resultOf(answer), 'syncheight'))

  /** Asks until the height is the same before and behind. */
  async function atOneHeight(calls: readonly Call[]): Promise<{ height: number; answers: Answer[] }> {
    const status = { method: 'get-sync-status' }
    for (let tries = 0; tries < TRIES; tries++) {
      const [before, ...rest] = await ask([status, ...calls, status])
      const height = heightOf(before)
      if (height === heightOf(rest.at(-1))) return { height, answers: rest.slice(0, -1) }
    }
    throw wrong(url, 'it follows the chain too fast to be compared; wait until it has caught up')
  }

  /** A page of a history. `ended`: the codes that say that there is no more. */
  async function pageOf<T>(
    params: NonNullable<Call['params']>,
    ended: readonly bigint[],
    read: (line: Members) => T,
  ): Promise<T[]> {
    const [answer] = await ask([{ method: 'get-transactions', params }])
    if (answer && 'code' in answer && ended.includes(answer.code)) return []
    const lines = elementsOf(resultOf(answer).get('actions') ?? new Uint8Array()) ?? []
    return lines.map((json) => read(objectOf(json)))
  }

  return {
    /** Of each address, all after the block of one height. At most `MOST_ADDRESSES`. */
    async balances(
      addresses: readonly string[],
    ): Promise<{ readonly height: number; readonly held: readonly Amounts[] }> {
      const calls = addresses.map((address) => ({ method: 'get-pegnet-balances', params: { address } }))
      const { height, answers } = await atOneHeight(calls)
      return { height, held: answers.map((answer) => amountsOf(resultOf(answer))) }
    },
    /** The last block that it knows. */
    height: async (): Promise<number> => heightOf((await ask([{ method: 'get-sync-status' }]))[0]),
    /** Of each height, USD per token; null where the block has none. */
    async rates(heights: readonly number[]): Promise<readonly (Amounts | null)[]> {
      const answers = await ask(heights.map((height) => ({ method: 'get-pegnet-rates', params: { height } })))
      return answers.map((answer) => {
        if ('code' in answer && answer.code === NOTHING) return null
        const object = resultOf(answer)
        return new Map(
          TICKERS.flatMap((ticker) => (object.has(ticker) ? [[ticker, numberIn(object, ticker)]] : [])),
        )
      })
    },
    /** The block that a batch is in, and its status; null if it knows none. */
    async statusOf(hash: string): Promise<{ readonly height: number; readonly status: number } | null> {
      const [answer] = await ask([{ method: 'get-transaction-status', params: { entryhash: hash } }])
      if (answer && 'code' in answer && answer.code === NO_TRANSACTION) return null
      const found = resultOf(answer)
      return { height: Number(numberIn(found, 'height')), status: Number(numberIn(found, 'executed')) }
    },
    /** A page of the history of an address as our own has it, the latest first. */
    actions: (address: string, offset: number): Promise<readonly LedgerAction[]> =>
      pageOf({ address, offset, desc: true }, [NO_TRANSACTION, BAD_PARAMS], actionIn),
    async supply(): Promise<{ readonly height: number; readonly supply: Amounts }> {
      const { height, answers } = await atOneHeight([{ method: 'get-pegnet-issuance' }])
      return { height, supply: amountsOf(objectOf(resultOf(answers[0]).get('issuance'))) }
    },
    /** A page of the history of an address; empty: there is no more. */
    history: (address: string, offset: number): Promise<readonly RemoteLine[]> =>
      pageOf({ address, offset }, [NO_TRANSACTION], lineIn),
    close: (): void => poster.close(),
  }
}
