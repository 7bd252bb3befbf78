/** The Pegs module and the prices that it goes by. docs/protocol/pegs.md */
import type { CallOptions, Rpc } from '../rpc.js'
import { bad, hashOf, integerOf, listOf, objectOf, printable, satOf, textOf, type Json } from '../shape.js'
import { coinsText } from '../tx/index.js'
import type { ContractCalls } from './contract.js'

/** Of accounts, events and feeds in a reply. */
const MAX_ITEMS = 100_000

export type PegAccount = ReturnType<typeof accountOf>

export function pegsCalls(rpc: Rpc, { build, read }: ContractCalls) {
  const at = (method: string): string => `${method} at ${rpc.name}`
  const list = async (method: string, key: string, peg: string, given?: CallOptions): Promise<Json[]> => {
    const reply = await read(method, [peg], given)
    return listOf(reply[key], at(method), MAX_ITEMS).map((item) => objectOf(item, at(method)))
  }

  return {
    /** As many ids as are said: with fewer the daemon hangs. */
    pegsCreate: (sat: bigint, bindTxids: readonly string[], given?: CallOptions) =>
      build('pegscreate', [coinsText(sat), String(bindTxids.length), ...bindTxids], given),
    pegsFund: (peg: string, tokenId: string, sat: bigint, given?: CallOptions) =>
      build('pegsfund', [peg, tokenId, coinsText(sat)], given),
    pegsGet: (peg: string, tokenId: string, sat: bigint, given?: CallOptions) =>
      build('pegsget', [peg, tokenId, coinsText(sat)], given),
    pegsRedeem: (peg: string, tokenId: string, given?: CallOptions) =>
      build('pegsredeem', [peg, tokenId], given),
    pegsExchange: (peg: string, tokenId: string, sat: bigint, given?: CallOptions) =>
      build('pegsexchange', [peg, tokenId, coinsText(sat)], given),
    pegsLiquidate: (peg: string, tokenId: string, accountTxid: string, given?: CallOptions) =>
      build('pegsliquidate', [peg, tokenId, accountTxid], given),
    async pegTotals(peg: string, given?: CallOptions) {
      const where = at('pegsinfo')
      const reply = await read('pegsinfo', [peg], given)
      const tokens = listOf(reply['info'], where, MAX_ITEMS).map((item) =>
        accountOf(objectOf(item, where), where, 'total '),
      )
      // The ratio stays as the daemon writes it.
      return { tokens, globalRatio: printable(textOf(reply['global ratio'], where), 20) }
    },
    async pegAccounts(peg: string, given?: CallOptions) {
      const found = await list('pegsaccountinfo', 'account info', peg, given)
      return found.map((item) => accountOf(item, at('pegsaccountinfo')))
    },
    /** In the order of the chain; the daemon may name one twice. */
    async pegHistory(peg: string, given?: CallOptions) {
      const where = at('pegsaccounthistory')
      const found = await list('pegsaccounthistory', 'account history', peg, given)
      return found.map((item) => ({
        ...accountOf(item, where),
        /** `fund`, `get`, `redeem`, `liquidate`; empty for an exchange. */
        action: textOf(item['action'], `${where}: action`),
        amount: amountOf(item['amount'], `${where}: amount`),
        txid: hashOf(item['accounttxid'], `${where}: accounttxid`),
      }))
    },
    async worstAccounts(peg: string, given?: CallOptions) {
      const where = at('pegsworstaccounts')
      const reply = await read('pegsworstaccounts', [peg], given)
      return Object.entries(reply).flatMap(([token, items]) =>
        // Without a bad account the daemon names a token that may be any bytes, with none.
        Array.isArray(items)
          ? listOf(items, where, MAX_ITEMS).map((item) => {
              const one = objectOf(item, where)
              const txid = hashOf(one['accounttxid'], `${where}: accounttxid`)
              return { ...accountOf({ ...one, token }, where), txid }
            })
          : [],
      )
    },
    async prices(samples: number, given?: CallOptions) {
      const where = at('prices')
      const reply = objectOf(await rpc.call('prices', [String(samples)], given), where)
      const feeds = listOf(reply['pricefeeds'], where, MAX_ITEMS).map((item) => {
        const feed = objectOf(item, where)
        return {
          name: printable(textOf(feed['name'], `${where}: name`), 40),
          samples: listOf(feed['prices'], where, MAX_ITEMS).map((prices) => sampleOf(prices, where)),
        }
      })
      return {
        height: integerOf(reply['height'], `${where}: height`),
        /** Blocks over which prices are evened out. */
        window: integerOf(reply['daywindow'], `${where}: daywindow`),
        feeds,
      }
    },
  }
}

function amountOf(value: unknown, where: string): bigint {
  return BigInt(integerOf(value, where))
}

function accountOf(item: Json, where: string, prefix = '') {
  return {
    /** Name of the token: equal names of two tokens cannot be told apart. */
    token: printable(textOf(item['token'], `${where}: token`), 64),
    deposit: amountOf(item[`${prefix}deposit`], `${where}: deposit`),
    debt: amountOf(item[`${prefix}debt`], `${where}: debt`),
  }
}

/** In 1e-8; null while there are too few blocks. */
function sampleOf(prices: unknown, where: string) {
  const [raw, correlated, smoothed] = listOf(prices, where, 3)
  if (raw === undefined) throw bad(where, 'a sample has no price')
  const evened = (price: unknown) => (price === undefined ? null : satOf(price, where))
  return { raw: satOf(raw, where), correlated: evened(correlated), smoothed: evened(smoothed) }
}
