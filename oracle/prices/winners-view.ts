/** What the winners of the last graded block said, as a view for policies and guards. */
import type { Network } from '../../config/index.js'
import type { Entry, FactomClient } from '../../factom/index.js'
import { ASSETS, decodeOpr, oprChainId, type Opr } from '../records/index.js'
import type { WinnersView } from './types.js'

/** `records` in the order of their places, at least one of the same version; null without any. */
export function winnersViewOf(
  height: number,
  records: readonly Pick<Opr, 'version' | 'prices'>[],
): WinnersView | null {
  const [first] = records
  if (first === undefined) return null
  const assets = ASSETS[first.version]
  const column = (index: number): bigint[] =>
    records
      .map(({ prices }) => prices[index] ?? 0n)
      .filter((price) => price > 0n)
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const middle = (index: number): bigint => {
    const sorted = column(index)
    return sorted.length === 0
      ? 0n
      : ((sorted[(sorted.length - 1) >> 1] ?? 0n) + (sorted[sorted.length >> 1] ?? 0n)) / 2n
  }
  return {
    height,
    records: records.length,
    best: new Map(assets.map((asset, index) => [asset, first.prices[index] ?? 0n])),
    median: new Map(assets.map((asset, index) => [asset, middle(index)])),
  }
}

export interface WinnersQuestion {
  readonly network: Network
  /** The block that the winners are of. */
  readonly height: number
  /** Their short hashes, best first. */
  readonly winners: readonly string[]
}

/** Questions to the node at a time. */
const AT_ONCE = 5

type Client = Pick<FactomClient, 'dblockByHeight' | 'entryBlock' | 'entry'>

/**
 * Reads the winners' records from the node. Null if that block has none of them. Throws the client's errors; an entry
 * that is no record is passed over.
 */
export async function fetchWinnersView(
  client: Client,
  { network, height, winners }: WinnersQuestion,
  signal?: AbortSignal,
): Promise<WinnersView | null> {
  const wanted = winners.filter((winner) => winner !== '')
  if (wanted.length === 0) return null
  const chainId = oprChainId(network)
  const { rows } = await client.dblockByHeight(height, signal)
  const row = rows.find((each) => each.chainId === chainId)
  if (row === undefined) return null
  const block = await client.entryBlock(row.keyMr, signal)
  const hashes = wanted.flatMap(
    (winner) => block.entries.find(({ hash }) => hash.startsWith(winner))?.hash ?? [],
  )
  const version = network.oprVersionAt(height)
  const entries: Entry[] = []
  for (let from = 0; from < hashes.length; from += AT_ONCE)
    entries.push(
      ...(await Promise.all(hashes.slice(from, from + AT_ONCE).map((hash) => client.entry(hash, signal)))),
    )
  const records = entries.flatMap(({ content }): Opr[] => {
    try {
      const opr = decodeOpr(version, content)
      return opr.prices.length === ASSETS[version].length ? [opr] : []
    } catch {
      // A winner was checked when it was graded; this node sent something else.
      return []
    }
  })
  return winnersViewOf(height, records)
}
