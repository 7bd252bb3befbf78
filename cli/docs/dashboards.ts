/** Grafana dashboards, made from short lists of panels; `config/grafana/` holds what comes out. Pure. */

type Unit =
  'hashes' | 's' | 'bytes' | 'percentunit' | 'short' | 'currencyUSD' | 'reqps' | 'dateTimeFromNow' | 'cps'
type Line = readonly [expression: string, legend: string]

interface Panel {
  readonly title: string
  readonly kind: 'timeseries' | 'stat' | 'bargauge'
  readonly unit: Unit
  readonly lines: readonly Line[]
  readonly text?: string
  /** Of 24 columns. */
  readonly width: number
}

interface Row {
  readonly title: string
  /** How to read what follows. */
  readonly text: string
  readonly panels: readonly Panel[]
}

interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly rows: readonly Row[]
}

const row = (title: string, text: string, ...panels: readonly Panel[]): Row => ({ title, text, panels })
const chart = (title: string, unit: Unit, ...lines: readonly Line[]): Panel => ({
  ...{ title, kind: 'timeseries', unit, lines, width: 12 },
})
const stat = (title: string, unit: Unit, width: number, ...lines: readonly Line[]): Panel => ({
  ...{ title, kind: 'stat', unit, lines, width },
})
const bars = (title: string, unit: Unit, ...lines: readonly Line[]): Panel => ({
  ...{ title, kind: 'bargauge', unit, lines, width: 12 },
})

/** The viewer chooses the instances at the top of the dashboard. */
const M = '{instance=~"$instance"}'
const of = (...labels: string[]) => `{instance=~"$instance",${labels.join(',')}}`
const RATE = '$__rate_interval'
/** A quantile of a histogram, for each value of the labels. */
const quantile = (share: number, histogram: string, over: string, ...labels: string[]) =>
  `histogram_quantile(${share}, sum by (${[...labels, 'le'].join(', ')}) (rate(${histogram}_bucket${M}[${over}])))`

const MINER: Dashboard = {
  uid: 'pegminer-miner',
  title: 'pegminer: miner',
  rows: [
    row(
      'Overview',
      'Is it mining, do its records arrive, can it pay for the next ones?',
      stat('Hashrate', 'hashes', 4, [`sum(rate(pegnet_miner_hashes_total${M}[${RATE}]))`, '']),
      {
        ...stat('State', 'short', 4, [`pegnet_miner_state${M} == 1`, '{{state}}']),
        text: 'Mining in minutes 1 to 9, waiting between blocks.',
      },
      stat('Records on the chain in 24 h', 'short', 4, [
        `sum(increase(pegnet_miner_entries_total${of('result="landed"')}[1d]))`,
        '',
      ]),
      stat('PEG earned in 24 h', 'short', 4, [`sum(increase(pegnet_miner_reward_peg_total${M}[1d]))`, '']),
      stat('Entry credits', 'short', 4, [`min(pegnet_factom_entry_credits${M})`, '']),
      stat('Version', 'short', 4, [`pegnet_build_info${M}`, '{{version}} on {{network}}']),
    ),
    row(
      'Work',
      'All threads should hash equally fast. A line below the others is a slow core, a line at zero a stalled thread.',
      chart('Hashrate by thread', 'hashes', [
        `sum by (instance, thread) (rate(pegnet_miner_hashes_total${M}[${RATE}]))`,
        '{{instance}} {{thread}}',
      ]),
      chart(
        'Threads',
        'short',
        [`sum by (state) (pegnet_miner_threads${M})`, '{{state}}'],
        [`sum(increase(pegnet_miner_thread_restarts_total${M}[1h]))`, 'started again in 1 h'],
      ),
      chart('Paused by', 'short', [`pegnet_miner_hold${M} == 1`, '{{instance}}: {{reason}}']),
      chart(
        'Alarms of the watchdog',
        'short',
        [`pegnet_watchdog_alarm${M} == 1`, '{{instance}}: {{alarm}}'],
        [
          `sum by (action, result) (increase(pegnet_watchdog_actions_total${M}[1h]))`,
          '{{action}} {{result}} in 1 h',
        ],
      ),
      chart('Temperature', 'short', [`pegnet_machine_temperature_celsius${M}`, '°C, {{instance}}']),
      chart('Free for the data directory', 'bytes', [`pegnet_data_dir_free_bytes${M}`, '{{instance}}']),
      {
        ...chart('Best difficulty', 'short', [`pegnet_miner_best_difficulty${M}`, '{{instance}}']),
        text: 'The best difficulty of the current record; the maximum is 2^64.',
      },
      chart(
        'New work until the last thread has it',
        's',
        [quantile(0.5, 'pegnet_miner_job_switch_duration_seconds', '1h'), 'half'],
        [quantile(0.99, 'pegnet_miner_job_switch_duration_seconds', '1h'), '99 %'],
      ),
      chart(
        'Hits checked',
        'cps',
        [`sum(rate(pegnet_miner_hits_total${M}[${RATE}]))`, 'right'],
        [`sum(rate(pegnet_miner_compute_errors_total${M}[${RATE}]))`, 'wrong'],
      ),
      chart('Machines of the farm', 'short', [
        `sum by (instance, state) (pegnet_farm_machines${M})`,
        '{{instance}} {{state}}',
      ]),
      chart(
        'Hits of the farm that did not count',
        'cps',
        [`sum by (fault) (rate(pegnet_farm_hit_faults_total${M}[${RATE}]))`, '{{fault}}'],
        [`sum(increase(pegnet_farm_machines_refused_total${M}[1h]))`, 'machines refused in 1 h'],
      ),
      chart('ByteMap', 'percentunit', [`pegnet_miner_huge_pages_ratio${M}`, 'in huge pages, {{instance}}']),
      stat('Kernel', 'short', 6, [`pegnet_miner_kernel_info${M}`, '{{kernel}}, {{instance}}']),
      stat('ByteMap size', 'bytes', 6, [`pegnet_miner_bytemap_bytes${M}`, '{{instance}}']),
      stat('ByteMap opened in', 's', 6, [`pegnet_miner_bytemap_load_duration_seconds${M}`, '{{instance}}']),
    ),
    row(
      'Records',
      'Each record is revealed, committed and acknowledged. The reward is known when the block is graded.',
      chart('Publishing, 90 %', 's', [
        quantile(0.9, 'pegnet_miner_entry_duration_seconds', '1h', 'result'),
        '{{result}}',
      ]),
      chart('Records by fate', 'short', [
        `sum by (result) (increase(pegnet_miner_entries_total${M}[1h]))`,
        '{{result}}',
      ]),
      chart(
        'Hashrate of the network and ours',
        'hashes',
        [`max(pegnet_network_hashrate${M})`, 'network, estimated'],
        [`sum(rate(pegnet_miner_hashes_total${M}[${RATE}]))`, 'ours'],
      ),
      {
        ...chart('Place that we can expect', 'short', [`pegnet_miner_expected_place${M}`, '{{instance}}']),
        text: 'By difficulty, of the best record of a block. Beyond 50 a record is rarely graded.',
      },
      chart('Until a record is among the 50 that are graded', 's', [
        `pegnet_miner_expected_graded_seconds${M}`,
        '{{instance}}',
      ]),
      chart('Entry credits spent in 24 h', 'short', [
        `sum(increase(pegnet_miner_entry_credits_spent_total${M}[1d]))`,
        '',
      ]),
      chart(
        'Graded blocks and places',
        'short',
        [`sum(increase(pegnet_miner_blocks_total${M}[1h]))`, 'blocks'],
        [`sum(increase(pegnet_miner_winners_total${M}[1h]))`, 'places among the winners'],
      ),
    ),
    row(
      'Factom',
      'The node tells the minute and takes the records.',
      chart('State of the node', 'short', [`pegnet_factom_node_state${M} == 1`, '{{instance}}: {{state}}']),
      chart('Change of node in an hour', 'short', [
        `sum(increase(pegnet_factom_node_switches_total${M}[1h]))`,
        'changes',
      ]),
      chart('Entry credits last for', 'short', [`pegnet_factom_entry_credit_days${M}`, 'days, {{instance}}']),
      chart(
        'Block and minute',
        'short',
        [`pegnet_factom_height${M}`, 'height, {{instance}}'],
        [`pegnet_factom_minute${M}`, 'minute, {{instance}}'],
      ),
      chart('Calls', 'reqps', [
        `sum by (method, result) (rate(pegnet_factom_requests_total${M}[${RATE}]))`,
        '{{method}} {{result}}',
      ]),
      chart('Duration of calls, 90 %', 's', [
        quantile(0.9, 'pegnet_factom_request_duration_seconds', '5m', 'method'),
        '{{method}}',
      ]),
    ),
    row(
      'Staking',
      'Of mine --stake and pegminer stake: may the addresses stake, and are they paid?',
      chart(
        'Addresses that stake',
        'short',
        [`sum by (instance) (pegnet_stake_addresses${M})`, '{{instance}}'],
        [`sum by (instance) (pegnet_stake_entitled_addresses${M})`, '{{instance}} among the 100 largest'],
      ),
      chart('Staking records in 1 h', 'short', [
        `sum by (result) (increase(pegnet_stake_entries_total${M}[1h]))`,
        '{{result}}',
      ]),
      stat('PEG paid for staking in 24 h', 'short', 4, [
        `sum(increase(pegnet_stake_reward_peg_total${M}[1d]))`,
        '',
      ]),
    ),
    row(
      'Ledger',
      'Does it keep up with the chain, and what happens on it? Of pegminer ledger serve, and of a miner on the network dev.',
      chart(
        'Blocks',
        'short',
        [`pegnet_ledger_height${M}`, '{{instance}} height'],
        [`pegnet_ledger_lag_blocks${M}`, '{{instance}} behind the node'],
      ),
      chart('Since no block was missing', 's', [
        `time() - pegnet_ledger_even_timestamp_seconds${M}`,
        '{{instance}}',
      ]),
      chart('Time per block', 's', [
        quantile(0.9, 'pegnet_ledger_block_duration_seconds', RATE, 'instance'),
        '{{instance}} 90 %',
      ]),
      chart('Entries by verdict in 1 h', 'short', [
        `sum by (verdict) (increase(pegnet_ledger_entries_total${M}[1h]))`,
        '{{verdict}}',
      ]),
      chart('Conversions by pair in 1 h', 'short', [
        `topk(10, sum by (ticker, target) (increase(pegnet_ledger_conversions_total${M}[1h])))`,
        '{{ticker}} to {{target}}',
      ]),
      bars('Supply', 'short', [`max by (ticker) (pegnet_ledger_supply${M})`, '{{ticker}}']),
    ),
    row(
      'Process',
      'The main thread publishes: its lag must stay far below a second.',
      chart('Lag of the main thread, 99 %', 's', [`nodejs_eventloop_lag_p99_seconds${M}`, '{{instance}}']),
      chart(
        'Memory',
        'bytes',
        [`process_resident_memory_bytes${M}`, 'resident, {{instance}}'],
        [`nodejs_heap_size_used_bytes${M}`, 'heap, {{instance}}'],
      ),
      chart('Settings read again in a day', 'short', [
        `sum by (result) (increase(pegnet_config_reloads_total${M}[1d]))`,
        '{{result}}',
      ]),
      stat('Settings are from', 'dateTimeFromNow', 6, [
        `pegnet_config_last_reload_success_timestamp_seconds${M} * 1000`,
        '{{instance}}',
      ]),
      chart('Processors used', 'short', [`rate(process_cpu_seconds_total${M}[${RATE}])`, '{{instance}}']),
    ),
  ],
}

const ORACLE: Dashboard = {
  uid: 'pegminer-oracle',
  title: 'pegminer: oracle',
  rows: [
    row(
      'Overview',
      'A record without all prices is invalid. An asset with one source loses its price if that source fails.',
      stat('Assets without price', 'short', 6, [`max(pegnet_oracle_prices_missing${M})`, '']),
      stat('Oldest price', 's', 6, [`time() - min(pegnet_oracle_price_timestamp_seconds${M})`, '']),
      stat('Sources that answer', 'short', 6, [`sum(pegnet_oracle_source_up${M})`, '']),
      stat('Fewest sources of an asset', 'short', 6, [
        `min(pegnet_oracle_sources_used${of('asset!="USD"')})`,
        '',
      ]),
    ),
    row(
      'Prices',
      'Each asset relative to its mean over the time shown. Look at an asset that jumps alone.',
      chart('Change in 24 h', 'percentunit', [
        `avg by (asset) (pegnet_oracle_price_usd${M} / (pegnet_oracle_price_usd${M} offset 1d) - 1)`,
        '{{asset}}',
      ]),
      chart('Price', 'currencyUSD', [
        `avg by (asset) (pegnet_oracle_price_usd${of('asset=~"$asset"')})`,
        '{{asset}}',
      ]),
      {
        ...chart('Distance from the last winners', 'percentunit', [
          `avg by (asset) (pegnet_oracle_deviation_from_winners_ratio${M})`,
          '{{asset}}',
        ]),
        text: 'Beyond 1 % it worsens the grade.',
      },
      chart('Spread of the votes', 'percentunit', [
        `max by (asset) (pegnet_oracle_spread_ratio${M})`,
        '{{asset}}',
      ]),
      chart('Age of the oldest vote', 's', [
        `max by (asset) (pegnet_oracle_asset_age_seconds${M})`,
        '{{asset}}',
      ]),
      chart('Assets by how their price came about', 'short', [
        `sum by (status) (pegnet_oracle_asset_status${M})`,
        '{{status}}',
      ]),
      chart('Stablecoins', 'currencyUSD', [`avg by (coin) (pegnet_oracle_stablecoin_usd${M})`, '{{coin}}']),
      chart(
        'Snapshots',
        'short',
        [`sum by (result) (increase(pegnet_oracle_snapshots_total${M}[1h]))`, '{{result}}'],
        [`sum(increase(pegnet_oracle_blocks_skipped_total${M}[1h]))`, 'blocks not mined for lack of a price'],
      ),
      chart('Duration of a snapshot, 90 %', 's', [
        quantile(0.9, 'pegnet_oracle_snapshot_duration_seconds', '1h'),
        '',
      ]),
      {
        ...bars('Sources by asset', 'short', [
          `min by (asset) (pegnet_oracle_sources_used${M})`,
          '{{asset}}',
        ]),
        width: 24,
      },
    ),
    row(
      'Sources',
      'What each exchange or publisher answers, and how fast.',
      chart('Votes that did not count', 'short', [
        `sum by (reason) (increase(pegnet_oracle_votes_rejected_total${M}[1h]))`,
        '{{reason}}',
      ]),
      chart('Far off the others', 'short', [
        `max by (source) (pegnet_oracle_source_outliers${M})`,
        '{{source}}',
      ]),
      {
        ...chart('Left alone after failures', 'short', [
          `max by (source) (pegnet_oracle_source_circuit_state${M})`,
          '{{source}}',
        ]),
        text: '0 it is asked, 1 it is tried, 2 it rests.',
      },
      chart('Clocks of the sources', 's', [
        `avg by (source) (pegnet_oracle_source_clock_skew_seconds${M})`,
        '{{source}}',
      ]),
      chart('Share of the month that is used', 'percentunit', [
        `max by (source) (pegnet_oracle_source_calls_month${M} / pegnet_oracle_source_quota_month${M})`,
        '{{source}}',
      ]),
      chart('Age of what was got last', 's', [
        `time() - max by (source) (pegnet_oracle_source_timestamp_seconds${M})`,
        '{{source}}',
      ]),
      chart('Rounds by result', 'reqps', [
        `sum by (source, result) (rate(pegnet_oracle_requests_total${M}[${RATE}]))`,
        '{{source}} {{result}}',
      ]),
      chart('Duration of a round, 90 %', 's', [
        quantile(0.9, 'pegnet_oracle_request_duration_seconds', '15m', 'source'),
        '{{source}}',
      ]),
    ),
  ],
}

/** How a watched peg stands. */
const PEGS: Dashboard = {
  uid: 'pegminer-pegs',
  title: 'pegminer: pegs',
  rows: [
    row(
      'Overview',
      'From the red ratio on others may pay the debt of an account and take its tokens, if the whole peg owes as much.',
      stat('Own ratio', 'percentunit', 6, [`max(pegnet_pegs_ratio${M})`, '']),
      stat('The whole peg', 'percentunit', 6, [`max(pegnet_pegs_global_ratio${M})`, '']),
      stat('Red ratio', 'percentunit', 6, [`min(pegnet_pegs_red_ratio${M})`, '']),
      stat('Since the last look', 's', 6, [`time() - max(pegnet_pegs_look_timestamp_seconds${M})`, '']),
    ),
    row(
      'Price and ratios',
      'The price lags behind the market by up to a day. Above some 95 % an account can not be liquidated any more.',
      chart(
        'Coins for a token',
        'short',
        [`pegnet_pegs_price_coins${M}`, 'price, {{token}}'],
        [`pegnet_pegs_market_coins${M}`, 'market, {{token}}'],
      ),
      chart(
        'Own ratio',
        'percentunit',
        [`pegnet_pegs_ratio${M}`, 'by the price, {{token}}'],
        [`pegnet_pegs_market_ratio${M}`, 'by the market, {{token}}'],
      ),
      chart('Accounts', 'short', [`pegnet_pegs_accounts${M}`, '{{zone}}, {{token}}']),
      chart('Profit of the best liquidation', 'short', [
        `pegnet_pegs_liquidation_profit_coins${M}`,
        '{{token}}',
      ]),
    ),
    row(
      'Chain and actions',
      'Each operation takes an output of the peg. Actions are those of the section watch of the plan.',
      chart(
        'Chain',
        'short',
        [`pegnet_pegs_height${M}`, 'height'],
        [`pegnet_pegs_frozen${M}`, 'frozen'],
        [`pegnet_pegs_pool_outputs${M}`, 'operations that fit into a block'],
      ),
      chart('Actions a day', 'short', [
        `sum by (rule, result) (increase(pegnet_pegs_actions_total${M}[1d]))`,
        '{{rule}} {{result}}',
      ]),
    ),
  ],
}

/** How a basket that is kept stands. */
const BASKET: Dashboard = {
  uid: 'pegminer-basket',
  title: 'pegminer: basket',
  rows: [
    row(
      'Overview',
      'What is owed soon comes before any weights; only surplus is converted.',
      stat('Worth', 'currencyUSD', 6, [`sum(pegnet_basket_held_usd${M})`, '']),
      stat('Owed and not held', 'currencyUSD', 6, [`max(pegnet_basket_missing_usd${M})`, '']),
      stat('Since the last look', 's', 6, [`time() - max(pegnet_basket_look_timestamp_seconds${M})`, '']),
      stat('Block of the ledger', 'short', 6, [`max(pegnet_basket_height${M})`, '']),
    ),
    row(
      'Parts and conversions',
      'A conversion is executed by the second block behind the one that decided it.',
      chart(
        'Parts',
        'currencyUSD',
        [`pegnet_basket_held_usd${M}`, 'held, {{token}}'],
        [`pegnet_basket_wanted_usd${M}`, 'wanted, {{token}}'],
      ),
      chart('Drift', 'percentunit', [`pegnet_basket_drift${M}`, 'drift'], [`pegnet_basket_band${M}`, 'band']),
      chart(
        'Converted today',
        'currencyUSD',
        [`pegnet_basket_spent_usd${M}`, 'converted'],
        [`pegnet_basket_limit_usd${M}`, 'limit'],
      ),
      chart('Conversions a day', 'short', [
        `sum by (fate) (increase(pegnet_basket_conversions_total${M}[1d]))`,
        '{{fate}}',
      ]),
    ),
  ],
}

/** Markets of tokens beside the oracle. */
const PEG_WATCH: Dashboard = {
  uid: 'pegminer-peg-watch',
  title: 'pegminer: peg-watch',
  rows: [
    row(
      'Pegs and markets',
      'Below 0 a token can be bought that much below its peg, above 0 sold that much above it. Trades are shown, never made.',
      chart('Premium', 'percentunit', [`pegnet_peg_watch_premium${M}`, '{{token}}']),
      chart('Depth within it', 'currencyUSD', [`pegnet_peg_watch_depth_usd${M}`, '{{token}}']),
      chart('The best trade', 'currencyUSD', [`pegnet_peg_watch_gain_usd${M}`, 'gain']),
      chart('Paper account', 'currencyUSD', [`pegnet_peg_watch_paper_usd${M}`, 'worth']),
      chart(
        'What is known',
        'short',
        [`pegnet_peg_watch_books${M}`, 'order books, {{exchange}}'],
        [`pegnet_peg_watch_trades${M}`, 'trades that would earn'],
      ),
      stat('Since the last look', 's', 12, [`time() - max(pegnet_peg_watch_look_timestamp_seconds${M})`, '']),
    ),
  ],
}

/** Each gateway connects a pair of chains. */
const FEED: Dashboard = {
  uid: 'pegminer-feed',
  title: 'pegminer: feed',
  rows: [
    row(
      'Overview',
      'Every header of the reference chain is published on the asset chain, soon and once, while there are funds.',
      stat('Headers behind', 'short', 6, [`max(pegnet_feed_lag_blocks${M})`, '']),
      stat('State', 'short', 6, [`pegnet_feed_state${M} == 1`, '{{gateway}}: {{state}}']),
      stat('Headers that are paid for', 'short', 6, [`min(pegnet_feed_headers_left${M})`, '']),
      stat('Withdrawals under way', 'short', 6, [
        `sum(pegnet_feed_withdrawals${of('state!~"done|rejected|refused"')})`,
        '',
      ]),
    ),
    row(
      'Headers',
      'The difference of the two heights is the lag.',
      chart(
        'Heights',
        'short',
        [`pegnet_feed_reference_height${M}`, 'reference, {{gateway}}'],
        [`pegnet_feed_published_height${M}`, 'published, {{gateway}}'],
      ),
      chart(
        'Behind',
        'short',
        [`pegnet_feed_lag_blocks${M}`, 'headers, {{gateway}}'],
        [`pegnet_feed_gap_blocks${M}`, 'gaps, {{gateway}}'],
      ),
      chart(
        'Since the last progress',
        's',
        [`pegnet_feed_lag_seconds${M}`, '{{gateway}}'],
        [`time() - pegnet_feed_pass_timestamp_seconds${M}`, 'since the last look, {{gateway}}'],
      ),
      chart(
        'Headers an hour',
        'short',
        [`increase(pegnet_feed_headers_total${M}[1h])`, 'published, {{gateway}}'],
        [`increase(pegnet_feed_repairs_total${M}[1h])`, 'repaired, {{gateway}}'],
        [`increase(pegnet_feed_reorgs_total${M}[1h])`, 'reorganisations, {{chain}}'],
      ),
    ),
    row(
      'Funds and withdrawals',
      'Each header takes a fee from the subscriptions. The wallet pays for new subscriptions.',
      chart(
        'Coins',
        'short',
        [`pegnet_feed_oracle_coins${M}`, 'subscriptions, {{gateway}}'],
        [`pegnet_feed_wallet_coins${M}`, 'wallet, {{gateway}}'],
        [`pegnet_feed_funds_alarm${M}`, 'alarm, {{gateway}}'],
      ),
      chart(
        'Room for headers',
        'short',
        [`pegnet_feed_budget_headers${M}`, 'next block, {{gateway}}'],
        [`pegnet_feed_oracle_outputs${M}`, 'outputs, {{gateway}}'],
      ),
      chart(
        'Withdrawals by state',
        'short',
        [`sum by (state) (pegnet_feed_withdrawals${M})`, '{{state}}'],
        [`sum(increase(pegnet_feed_withdrawals_done_total${M}[1d]))`, 'finished in 24 h'],
      ),
      chart(
        'Refused',
        'short',
        [`increase(pegnet_feed_refused_transactions_total${M}[1h])`, 'transactions, {{gateway}}'],
        [`increase(pegnet_feed_refused_payouts_total${M}[1h])`, 'payouts of others, {{gateway}}'],
      ),
    ),
    row(
      'Daemons',
      'Both daemons must be up. A daemon that answers while its height stands still is frozen.',
      chart('State of the daemons', 'short', [
        `pegnet_feed_daemon_state${M} == 1`,
        '{{chain}} of {{gateway}}: {{state}}',
      ]),
      chart('Calls', 'reqps', [
        `sum by (chain, result) (rate(pegnet_feed_requests_total${M}[${RATE}]))`,
        '{{chain}} {{result}}',
      ]),
      chart('Duration of calls, 90 %', 's', [
        quantile(0.9, 'pegnet_feed_request_duration_seconds', '5m', 'chain'),
        '{{chain}}',
      ]),
    ),
  ],
}

const BENCH: Dashboard = {
  uid: 'pegminer-bench',
  title: 'pegminer: bench',
  rows: [
    row(
      'Measurements',
      'Of pegminer bench, while it runs or from a Pushgateway: hashrate, and what the memory itself can do.',
      bars('Hashrate', 'hashes', [
        `pegnet_bench_hashes_per_second${M}`,
        '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
      ]),
      bars('Random reads of the memory', 'reqps', [
        `pegnet_bench_gather_reads_per_second${M}`,
        '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
      ]),
      stat(
        'Wrong checksums',
        'short',
        12,
        [`sum(pegnet_bench_wrong_checksums_total${M})`, 'measurements'],
        [`sum by (thread) (pegnet_bench_stress_errors_total${M})`, 'stress, thread {{thread}}'],
      ),
    ),
  ],
}

const DASHBOARDS: readonly Dashboard[] = [MINER, ORACLE, FEED, PEGS, BASKET, PEG_WATCH, BENCH]

/** File name below `config/grafana/` → JSON. */
export function grafanaFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    DASHBOARDS.map((board) => [
      `${board.uid.replace('pegminer-', '')}.json`,
      `${JSON.stringify(jsonOf(board), null, 2)}\n`,
    ]),
  )
}

const SOURCE = { type: 'prometheus', uid: '${DS_PROMETHEUS}' }
const HEIGHT: Readonly<Record<Panel['kind'], number>> = { stat: 4, timeseries: 8, bargauge: 10 }

function jsonOf({ uid, title, rows }: Dashboard): object {
  const panels: object[] = []
  let id = 0
  let y = 0
  for (const row of rows) {
    panels.push({
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y: y++, w: 24, h: 1 },
      panels: [],
    })
    panels.push({
      id: ++id,
      type: 'text',
      title: '',
      transparent: true,
      gridPos: { x: 0, y, w: 24, h: 2 },
      options: { mode: 'markdown', content: row.text },
    })
    y += 2
    let x = 0
    let deepest = 0
    for (const panel of row.panels) {
      const { kind, width: w } = panel
      if (x + w > 24) {
        x = 0
        y += deepest
        deepest = 0
      }
      panels.push(panelOf(panel, ++id, { x, y, w, h: HEIGHT[kind] }))
      x += w
      deepest = Math.max(deepest, HEIGHT[kind])
    }
    y += deepest
  }
  return {
    __inputs: [{ name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' }],
    id: null,
    uid,
    title,
    tags: ['pegminer'],
    timezone: 'utc',
    schemaVersion: 39,
    editable: true,
    graphTooltip: 1,
    refresh: '10s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: variablesOf(rows) },
    panels,
  }
}

function panelOf({ title, kind, unit, lines, text }: Panel, id: number, gridPos: object): object {
  const named = kind === 'stat' && lines.some(([, legend]) => legend.startsWith('{{'))
  return {
    id,
    type: kind,
    title,
    ...(text === undefined ? {} : { description: text }),
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit: unit === 'hashes' ? 'suffix: H/s' : unit,
        ...(kind === 'timeseries' ? { custom: { showPoints: 'never' } } : {}),
      },
      overrides: [],
    },
    options:
      kind === 'stat'
        ? { textMode: named ? 'name' : 'auto', reduceOptions: { calcs: ['lastNotNull'] } }
        : kind === 'bargauge'
          ? { orientation: 'horizontal', displayMode: 'basic', reduceOptions: { calcs: ['lastNotNull'] } }
          : {
              tooltip: { mode: 'multi', sort: 'desc' },
              legend: { displayMode: 'list', placement: 'bottom' },
            },
    targets: lines.map(([expr, legendFormat], k) => ({
      refId: String.fromCharCode(65 + k),
      datasource: SOURCE,
      expr,
      legendFormat,
      ...(kind === 'timeseries' ? {} : { instant: true }),
    })),
  }
}

/** The choices at the top: the data source, the instances, and the assets where a panel asks for them. */
function variablesOf(rows: readonly Row[]): object[] {
  const all = rows.flatMap(({ panels }) =>
    panels.flatMap(({ lines }) => lines.map(([expression]) => expression)),
  )
  const [metric = 'up'] = /pegnet_\w+/.exec(all[0] ?? '') ?? []
  const query = (name: string, label: string, of: string) => ({
    name,
    label,
    type: 'query',
    datasource: SOURCE,
    query: `label_values(${of}, ${name})`,
    definition: `label_values(${of}, ${name})`,
    refresh: 2,
    includeAll: true,
    multi: true,
    sort: 1,
    current: { text: 'All', value: '$__all' },
  })
  return [
    { name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
    query('instance', 'Instance', metric),
    ...(all.some((expression) => expression.includes('$asset'))
      ? [query('asset', 'Asset', 'pegnet_oracle_price_usd')]
      : []),
    { name: 'Filters', type: 'adhoc', datasource: SOURCE },
  ]
}
