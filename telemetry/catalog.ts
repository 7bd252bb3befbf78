/**
 * Every metric of the program: name, kind, labels, meaning. Base units; counters end in `_total`; labels have few
 * values and never hold hashes, addresses, heights or error texts. `docs/metrics.md` is generated from this table.
 */
export interface MetricSpec<L extends string = string> {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly name: string
  readonly help: string
  readonly labels: readonly L[]
  readonly buckets?: readonly number[]
}

const counter = <const L extends string = never>(name: string, help: string, labels: readonly L[] = []) =>
  ({ kind: 'counter', name, help, labels }) as const
const gauge = <const L extends string = never>(name: string, help: string, labels: readonly L[] = []) =>
  ({ kind: 'gauge', name, help, labels }) as const
const histogram = <const L extends string = never>(
  name: string,
  help: string,
  buckets: readonly number[],
  labels: readonly L[] = [],
) => ({ kind: 'histogram', name, help, labels, buckets }) as const

/** Loopback answers in about 1 ms, a node across the world in 0.3 s; the last bucket is the usual timeout. */
const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** A minute lasts 1.5 to 60 s; records must be in before its end. */
const PUBLISH_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
/** An empty block takes a millisecond, one of thousands of entries seconds. */
const BLOCK_SECONDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
/** Two threads see new work after some 30 µs; 5 ms is the promise. */
const SWITCH_SECONDS = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1]

export const METRICS = {
  buildInfo: gauge('pegnet_build_info', 'Always 1; the labels say what runs.', [
    'version',
    'node',
    'network',
  ]),
  clockSteps: counter(
    'pegnet_clock_steps_total',
    'Times that the clock of the machine was set by 2 s or more, or the machine slept, while the program ran.',
    ['direction'],
  ),
  config: {
    reloads: counter('pegnet_config_reloads_total', 'Attempts to read the settings again, by result.', [
      'result',
    ]),
    reloadOk: gauge(
      'pegnet_config_last_reload_successful',
      '1 if the settings that were read last are in effect, 0 if they are wrong and older ones hold.',
    ),
    reloadTime: gauge(
      'pegnet_config_last_reload_success_timestamp_seconds',
      'When settings were last taken over, at the start or later.',
    ),
  },
  farm: {
    machines: gauge(
      'pegnet_farm_machines',
      'Machines of the farm; missing: the lease lapsed without a goodbye.',
      ['state'],
    ),
    faults: counter(
      'pegnet_farm_hit_faults_total',
      'Hits of workers that did not count, by what was wrong.',
      ['fault'],
    ),
    refused: counter('pegnet_farm_machines_refused_total', 'Machines that were refused for their hits.'),
  },
  miner: {
    hashes: counter('pegnet_miner_hashes_total', 'Hashes computed. The hashrate is its rate().', ['thread']),
    threads: gauge('pegnet_miner_threads', 'Hashing threads; stalled: no sign of life for 10 s.', ['state']),
    restarts: counter('pegnet_miner_thread_restarts_total', 'Hashing threads that had to be started again.'),
    state: gauge('pegnet_miner_state', '1 for the state that the miner is in, 0 for the others.', ['state']),
    jobSwitch: histogram(
      'pegnet_miner_job_switch_duration_seconds',
      'From the publishing of new work until the last thread works on it.',
      SWITCH_SECONDS,
    ),
    hits: counter(
      'pegnet_miner_hits_total',
      'Nonces of the threads that the main thread recomputed and found right.',
    ),
    computeErrors: counter(
      'pegnet_miner_compute_errors_total',
      'Nonces that it found wrong. Above 0: check the memory.',
    ),
    bestDifficulty: gauge(
      'pegnet_miner_best_difficulty',
      'Best difficulty for the current record (of 2^64).',
    ),
    entries: counter(
      'pegnet_miner_entries_total',
      'Records of ours by how far they came; landed and missed are final.',
      ['result'],
    ),
    entrySeconds: histogram(
      'pegnet_miner_entry_duration_seconds',
      'From the beginning of publishing in minute 9 until a record was that far.',
      PUBLISH_SECONDS,
      ['result'],
    ),
    blocks: counter('pegnet_miner_blocks_total', 'Blocks graded since the start.'),
    winners: counter('pegnet_miner_winners_total', 'Records of ours among the 25 winners.'),
    reward: counter('pegnet_miner_reward_peg_total', 'PEG earned.'),
    credits: counter('pegnet_miner_entry_credits_spent_total', 'Entry credits paid for records.'),
    networkHashrate: gauge(
      'pegnet_network_hashrate',
      'Hashes a second of the whole network, estimated from the last graded block.',
    ),
    expectedPlace: gauge(
      'pegnet_miner_expected_place',
      'Place by difficulty that our best record of a block comes to on average.',
    ),
    expectedSeconds: gauge(
      'pegnet_miner_expected_graded_seconds',
      'Time until a record of ours is among the 50 that are graded, on average.',
    ),
    byteMapBytes: gauge('pegnet_miner_bytemap_bytes', 'Size of the ByteMap.'),
    byteMapSeconds: gauge('pegnet_miner_bytemap_load_duration_seconds', 'Time to open or build the ByteMap.'),
    kernel: gauge('pegnet_miner_kernel_info', 'Always 1; the label says which kernel hashes.', ['kernel']),
    hugePages: gauge('pegnet_miner_huge_pages_ratio', 'Share of the ByteMap that lies in huge pages.'),
  },
  stake: {
    addresses: gauge('pegnet_stake_addresses', 'Addresses that stake.'),
    entitled: gauge('pegnet_stake_entitled_addresses', 'Those among the 100 largest holders of PEG.'),
    entries: counter(
      'pegnet_stake_entries_total',
      'Staking records of ours by how far they came; landed and missed are final.',
      ['result'],
    ),
    reward: counter('pegnet_stake_reward_peg_total', 'PEG paid for staking records since the start.'),
  },
  watch: {
    alarm: gauge('pegnet_watchdog_alarm', '1 while the watchdog has raised an alarm of this kind.', [
      'alarm',
    ]),
    actions: counter('pegnet_watchdog_actions_total', 'Runs of the command and the webhook, by result.', [
      'action',
      'result',
    ]),
    holds: gauge('pegnet_miner_hold', '1 for each reason that mining is paused for.', ['reason']),
    temperature: gauge('pegnet_machine_temperature_celsius', 'Of the processor, where the system tells.', [
      'sensor',
    ]),
    freeBytes: gauge('pegnet_data_dir_free_bytes', 'What is free on the disk of the data directory.'),
  },
  oracle: {
    price: gauge('pegnet_oracle_price_usd', 'Price in the last snapshot.', ['asset']),
    priceTime: gauge('pegnet_oracle_price_timestamp_seconds', 'When that price was taken. Age: time() - x.', [
      'asset',
    ]),
    sourcesUsed: gauge('pegnet_oracle_sources_used', 'Sources that voted on that price.', ['asset']),
    spread: gauge('pegnet_oracle_spread_ratio', 'Highest minus lowest vote, as a share of the price.', [
      'asset',
    ]),
    status: gauge(
      'pegnet_oracle_asset_status',
      '1 for how the price came about (ok, thin, held, policy, failed), 0 for the others.',
      ['asset', 'status'],
    ),
    voteAge: gauge('pegnet_oracle_asset_age_seconds', 'Age of the oldest vote when the price was taken.', [
      'asset',
    ]),
    deviation: gauge(
      'pegnet_oracle_deviation_from_winners_ratio',
      'Distance from the median of the last winners; beyond 0.01 it costs grade.',
      ['asset'],
    ),
    rejected: counter('pegnet_oracle_votes_rejected_total', 'Votes that did not count, by why.', [
      'asset',
      'reason',
    ]),
    outliers: gauge(
      'pegnet_oracle_source_outliers',
      'Assets in the last snapshot on which the source was far off the others. Above 3: it is wrong.',
      ['source'],
    ),
    stablecoin: gauge('pegnet_oracle_stablecoin_usd', 'What a stablecoin is worth in the last snapshot.', [
      'coin',
    ]),
    missing: gauge('pegnet_oracle_prices_missing', 'Assets without a price in the last snapshot.'),
    snapshots: counter('pegnet_oracle_snapshots_total', 'Snapshots taken, complete or not.', ['result']),
    snapshotSeconds: histogram(
      'pegnet_oracle_snapshot_duration_seconds',
      'Time to take a snapshot.',
      REQUEST_SECONDS,
    ),
    unguarded: counter(
      'pegnet_oracle_unguarded_total',
      'Times that prices were taken for a block without knowing the last winners.',
    ),
    skipped: counter('pegnet_oracle_blocks_skipped_total', 'Blocks that were not mined for lack of a price.'),
    sourceUp: gauge('pegnet_oracle_source_up', '1 if the source answered when it was asked last.', [
      'source',
    ]),
    sourceTime: gauge('pegnet_oracle_source_timestamp_seconds', 'Time of the prices last got from it.', [
      'source',
    ]),
    circuit: gauge(
      'pegnet_oracle_source_circuit_state',
      '0 it is asked, 1 it is tried once after a rest, 2 it is left alone for a while.',
      ['source'],
    ),
    skew: gauge('pegnet_oracle_source_clock_skew_seconds', 'How far its clock is ahead of this machine.', [
      'source',
    ]),
    callsMonth: gauge('pegnet_oracle_source_calls_month', 'Requests of this calendar month (UTC).', [
      'source',
    ]),
    quota: gauge(
      'pegnet_oracle_source_quota_month',
      'Requests that are allowed in a month, where there is a limit.',
      ['source'],
    ),
    requests: counter('pegnet_oracle_requests_total', 'Rounds of questions to a source.', [
      'source',
      'result',
    ]),
    requestSeconds: histogram(
      'pegnet_oracle_request_duration_seconds',
      'Duration of these rounds.',
      REQUEST_SECONDS,
      ['source'],
    ),
  },
  factom: {
    height: gauge('pegnet_factom_height', 'Block being built.'),
    minute: gauge('pegnet_factom_minute', 'Minute of that block, 0 to 10.'),
    entryCredits: gauge(
      'pegnet_factom_entry_credits',
      'Balance of the entry-credit address when last asked.',
    ),
    creditDays: gauge(
      'pegnet_factom_entry_credit_days',
      'Days that they last at full pace: every record of every block.',
    ),
    nodeState: gauge(
      'pegnet_factom_node_state',
      '1 for the state that the node is in (ok, syncing, lagging, stalled, unreachable, unknown), 0 for the others.',
      ['state'],
    ),
    switches: counter('pegnet_factom_node_switches_total', 'Changes from one node of the list to another.'),
    requests: counter('pegnet_factom_requests_total', 'Calls of the node.', ['method', 'result']),
    requestSeconds: histogram(
      'pegnet_factom_request_duration_seconds',
      'Duration of these calls.',
      REQUEST_SECONDS,
      ['method'],
    ),
  },
  feed: {
    referenceHeight: gauge('pegnet_feed_reference_height', 'Height of the reference chain.', ['gateway']),
    publishedHeight: gauge('pegnet_feed_published_height', 'Highest published height.', ['gateway']),
    lagBlocks: gauge('pegnet_feed_lag_blocks', 'Headers that are deep enough and not published.', [
      'gateway',
    ]),
    lagSeconds: gauge('pegnet_feed_lag_seconds', 'Since a header was published last, or none was due.', [
      'gateway',
    ]),
    gapBlocks: gauge('pegnet_feed_gap_blocks', 'Missing headers below the highest published one.', [
      'gateway',
    ]),
    headers: counter('pegnet_feed_headers_total', 'Headers published since the start.', ['gateway']),
    repairs: counter('pegnet_feed_repairs_total', 'Headers published again after a reorganisation.', [
      'gateway',
    ]),
    reorgs: counter('pegnet_feed_reorgs_total', 'Reorganisations that touched the feed.', [
      'gateway',
      'chain',
    ]),
    unsent: counter(
      'pegnet_feed_refused_transactions_total',
      "Transactions of the daemon that were not what was asked for, and weren't sent.",
      ['gateway'],
    ),
    state: gauge('pegnet_feed_state', '1 for the state that the relay is in, 0 for the others.', [
      'gateway',
      'state',
    ]),
    passTime: gauge('pegnet_feed_pass_timestamp_seconds', 'When both chains were last looked at.', [
      'gateway',
    ]),
    oracleCoins: gauge('pegnet_feed_oracle_coins', 'Subscriptions that are left, in coins.', ['gateway']),
    outputs: gauge('pegnet_feed_oracle_outputs', 'Subscriptions that cover the fee of a header.', [
      'gateway',
    ]),
    budget: gauge('pegnet_feed_budget_headers', 'Headers that the coming block can take.', ['gateway']),
    headersLeft: gauge('pegnet_feed_headers_left', 'Headers until the subscriptions are used up.', [
      'gateway',
    ]),
    walletCoins: gauge('pegnet_feed_wallet_coins', 'Coins of the wallet of the asset daemon.', ['gateway']),
    fundsAlarm: gauge('pegnet_feed_funds_alarm', '1 if subscriptions are needed and cannot be made.', [
      'gateway',
    ]),
    withdrawals: gauge('pegnet_feed_withdrawals', 'Withdrawals by how far they are.', ['gateway', 'state']),
    paid: counter('pegnet_feed_withdrawals_done_total', 'Withdrawals finished since the start.', ['gateway']),
    thieves: counter(
      'pegnet_feed_refused_payouts_total',
      'Payouts of others that were not what was asked for.',
      ['gateway'],
    ),
    daemon: gauge('pegnet_feed_daemon_state', '1 for the state that the daemon is in, 0 for the others.', [
      'gateway',
      'chain',
      'state',
    ]),
    requests: counter('pegnet_feed_requests_total', 'Calls of the daemons.', [
      'gateway',
      'chain',
      'method',
      'result',
    ]),
    requestSeconds: histogram(
      'pegnet_feed_request_duration_seconds',
      'Duration of these calls.',
      REQUEST_SECONDS,
      ['chain', 'method'],
    ),
  },
  pegs: {
    lookTime: gauge('pegnet_pegs_look_timestamp_seconds', 'When the peg was last looked at.'),
    frozen: gauge('pegnet_pegs_frozen', '1 while the daemon answers and its height stands still, else 0.'),
    height: gauge('pegnet_pegs_height', 'Height of the chain of the peg.'),
    price: gauge('pegnet_pegs_price_coins', 'Coins for a token, by which the chain goes; 0: there is none.', [
      'token',
    ]),
    market: gauge(
      'pegnet_pegs_market_coins',
      'Coins for a token by the last block, to which the price comes later.',
      ['token'],
    ),
    ratio: gauge('pegnet_pegs_ratio', 'Debt of the own account against its worth, 0 to 1 and more.', [
      'token',
    ]),
    marketRatio: gauge('pegnet_pegs_market_ratio', 'The same by the price of the last block.', ['token']),
    redRatio: gauge('pegnet_pegs_red_ratio', 'The ratio from which on others may liquidate an account.'),
    globalRatio: gauge('pegnet_pegs_global_ratio', 'What all accounts owe against what is held.'),
    accounts: gauge(
      'pegnet_pegs_accounts',
      'Accounts by how they stand: safe, yellow, red, or lost, which can not be liquidated any more.',
      ['token', 'zone'],
    ),
    profit: gauge(
      'pegnet_pegs_liquidation_profit_coins',
      'What the best liquidation would bring; 0: there is none.',
      ['token'],
    ),
    poolOutputs: gauge('pegnet_pegs_pool_outputs', 'Operations that fit into a block yet.'),
    actions: counter(
      'pegnet_pegs_actions_total',
      'What was done without being asked, by its result: done, failed, or held by a limit.',
      ['token', 'rule', 'result'],
    ),
  },
  basket: {
    lookTime: gauge('pegnet_basket_look_timestamp_seconds', 'When the basket was last looked at.'),
    height: gauge('pegnet_basket_height', 'The block of the ledger that it was looked at by.'),
    held: gauge('pegnet_basket_held_usd', 'What is held of a token.', ['token']),
    wanted: gauge('pegnet_basket_wanted_usd', 'What should be held of it.', ['token']),
    drift: gauge('pegnet_basket_drift', 'How far the most distant token is off, as a part of the whole.'),
    band: gauge('pegnet_basket_band', 'From which drift on the basket is set right.'),
    missing: gauge('pegnet_basket_missing_usd', 'What is owed soon and not held.'),
    spent: gauge('pegnet_basket_spent_usd', 'What was converted today (UTC).'),
    limit: gauge('pegnet_basket_limit_usd', 'What may be converted in a day.'),
    conversions: counter(
      'pegnet_basket_conversions_total',
      'Conversions that were sent, left for the limit of the day (limited), and what became of them.',
      ['fate'],
    ),
  },
  pegWatch: {
    lookTime: gauge(
      'pegnet_peg_watch_look_timestamp_seconds',
      'When the markets of tokens were last looked at.',
    ),
    books: gauge('pegnet_peg_watch_books', 'Markets of an exchange whose order book is known.', ['exchange']),
    premium: gauge(
      'pegnet_peg_watch_premium',
      'How far a token can be bought below its peg (below 0) or sold above it, as a part of 1.',
      ['token'],
    ),
    depth: gauge('pegnet_peg_watch_depth_usd', 'What is for sale within that, or asked for.', ['token']),
    gain: gauge('pegnet_peg_watch_gain_usd', 'What the best trade would earn; 0: there is none.'),
    trades: gauge('pegnet_peg_watch_trades', 'Trades that would earn enough.'),
    paper: gauge('pegnet_peg_watch_paper_usd', 'What the paper account is worth.'),
  },
  ledger: {
    height: gauge('pegnet_ledger_height', 'The last block that the ledger knows.'),
    lag: gauge('pegnet_ledger_lag_blocks', 'Blocks that the node has saved and the ledger does not know.'),
    evenTime: gauge('pegnet_ledger_even_timestamp_seconds', 'When no block was missing, the last time.'),
    supply: gauge('pegnet_ledger_supply', 'How much there is of each token.', ['ticker']),
    entries: counter(
      'pegnet_ledger_entries_total',
      'Entries of transactions since the start, by verdict: executed, waiting for rates, refused (insufficient, invalid, closedFct, zeroRate, closedTarget), or skipped, since the reference would stop at them.',
      ['verdict'],
    ),
    conversions: counter('pegnet_ledger_conversions_total', 'Conversions executed since the start.', [
      'ticker',
      'target',
    ]),
    blockSeconds: histogram(
      'pegnet_ledger_block_duration_seconds',
      'What a block took: the rules and the tables.',
      BLOCK_SECONDS,
    ),
  },
} as const satisfies Record<string, MetricSpec | Record<string, MetricSpec>>

const isSpec = (node: MetricSpec | Record<string, MetricSpec>): node is MetricSpec =>
  typeof node['kind'] === 'string'

/** All metrics as one list, in the order of the tree. */
export const METRIC_LIST: readonly MetricSpec[] = Object.values<MetricSpec | Record<string, MetricSpec>>(
  METRICS,
).flatMap((node) => (isSpec(node) ? [node] : Object.values(node)))
