/** The embedded pair of Komodo chains for `pegminer feed --network dev`, with a user who withdraws once. */
import { startDevKomodo } from '../komodo/dev/index.js'
import { readFeedConfig, type FeedConfig } from '../oracle/index.js'
import { fail } from './errors.js'
import type { Resources } from './resources.js'

export interface FeedDevOptions {
  readonly dataDir: string
  readonly depth: number | undefined
  /** Seconds. */
  readonly poll: number | undefined
  readonly onError: (error: Error) => void
}

/** Coins that the user takes back. */
const AMOUNT = 200_000_000n
/** After so many headers. */
const AFTER = 3

/** Starts both chains; `resources` closes them. */
export async function startFeedDev(
  { dataDir, depth, poll, onError }: FeedDevOptions,
  resources: Resources,
): Promise<{ config: FeedConfig; onHeader: () => void }> {
  const chains = await startDevKomodo({ dataDir, onError })
  resources.add(() => chains.close())
  const daemon = (
    name: string,
    { url, user, password }: { url: string; user: string; password: string },
  ) => ({
    name,
    url,
    user,
    password,
  })
  const result = readFeedConfig({
    gateways: [
      {
        name: 'dev',
        asset: daemon(chains.assetName, chains.asset),
        reference: daemon(chains.coin, chains.reference),
        oracleTxid: chains.oracleTxid,
        bindTxid: chains.bindTxid,
        pubkey: chains.pubkey,
        poll: poll ?? 1,
        timeout: 10,
        ...(depth === undefined ? {} : { depth }),
      },
    ],
  })
  if ('problems' in result)
    throw fail('E_CLI_INTERNAL', `the embedded gateway: ${JSON.stringify(result.problems)}`)
  let headers = 0
  return {
    config: result.value,
    onHeader: () => {
      if (++headers === AFTER) chains.control.withdraw({ amount: AMOUNT })
    },
  }
}
