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
const chartIn =
  (unit: Unit) =>
  (title: string, ...lines: readonly Line[]): Panel => ({ title, kind: 'timeseries', unit, lines, width: 12 })
const numbers = chartIn('short')
const seconds = chartIn('s')
const shares = chartIn('percentunit')
const dollars = chartIn('currencyUSD')
const calls = chartIn('reqps')
const perSecond = chartIn('cps')
const hashrates = chartIn('hashes')
const bytes = chartIn('bytes')
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
const rate = (counter: string): string => `rate(${counter}${M}[${RATE}])`
const increase = (counter: string, over: string): string => `increase(${counter}${M}[${over}])`

/** Lines are named by the values of their labels; one without labels has no name. */
const named = (expression: string, labels: readonly string[]): Line => [
  expression,
  labels.map((label) => `{{${label}}}`).join(' '),
]
const as = (legend: string, [expression]: Line): Line => [expression, legend]
const each = (metric: string, ...labels: string[]): Line => named(`${metric}${M}`, labels)
const folded =
  (fold: 'sum' | 'min' | 'max' | 'avg') =>
  (expression: string, ...labels: string[]): Line =>
    named(`${fold}${labels.length === 0 ? '' : ` by (${labels.join(', ')}) `}(${expression})`, labels)
const sum = folded('sum')
const min = folded('min')
const max = folded('max')
const avg = folded('avg')
/** A quantile of a histogram, for each value of the labels. */
const quantile = (share: number, histogram: string, over: string, ...labels: string[]): Line =>
  named(
    `histogram_quantile(${share}, sum by (${[...labels, 'le'].join(', ')}) (rate(${histogram}_bucket${M}[${over}])))`,
    labels,
  )

const MINER: Dashboard = {
  uid: 'pegminer-miner',
  title: 'pegminer: miner',
  rows: [
    row(
      'Overview',
      'Is it mining, do its records arrive, can it pay for the next ones?',
      stat('Hashrate', 'hashes', 4, sum(rate('pegnet_miner_hashes_total'))),
      {
        ...stat('State', 'short', 4, [`pegnet_miner_state${M} == 1`, '{{state}}']),
        text: 'Mining in minutes 1 to 9, waiting between blocks.',
      },
      stat(
        'Records on the chain in 24 h',
        'short',
        4,
        sum(`increase(pegnet_miner_entries_total${of('result="landed"')}[1d])`),
      ),
      stat('PEG earned in 24 h', 'short', 4, sum(increase('pegnet_miner_reward_peg_total', '1d'))),
      stat('Entry credits', 'short', 4, min(`pegnet_factom_entry_credits${M}`)),
      stat('Version', 'short', 4, as('{{version}} on {{network}}', each('pegnet_build_info'))),
    ),
    row(
      'Work',
      'All threads should hash equally fast. A line below the others is a slow core, a line at zero a stalled thread.',
      hashrates('Hashrate by thread', sum(rate('pegnet_miner_hashes_total'), 'instance', 'thread')),
      numbers(
        'Threads',
        sum(`pegnet_miner_threads${M}`, 'state'),
        as('started again in 1 h', sum(increase('pegnet_miner_thread_restarts_total', '1h'))),
      ),
      numbers('Paused by', [`pegnet_miner_hold${M} == 1`, '{{instance}}: {{reason}}']),
      numbers(
        'Alarms of the watchdog',
        [`pegnet_watchdog_alarm${M} == 1`, '{{instance}}: {{alarm}}'],
        as(
          '{{action}} {{result}} in 1 h',
          sum(increase('pegnet_watchdog_actions_total', '1h'), 'action', 'result'),
        ),
      ),
      numbers('Temperature', as('°C, {{instance}}', each('pegnet_machine_temperature_celsius'))),
      bytes('Free for the data directory', each('pegnet_data_dir_free_bytes', 'instance')),
      {
        ...numbers('Best difficulty', each('pegnet_miner_best_difficulty', 'instance')),
        text: 'The best difficulty of the current record; the maximum is 2^64.',
      },
      seconds(
        'New work until the last thread has it',
        as('half', quantile(0.5, 'pegnet_miner_job_switch_duration_seconds', '1h')),
        as('99 %', quantile(0.99, 'pegnet_miner_job_switch_duration_seconds', '1h')),
      ),
      perSecond(
        'Hits checked',
        as('right', sum(rate('pegnet_miner_hits_total'))),
        as('wrong', sum(rate('pegnet_miner_compute_errors_total'))),
      ),
      numbers('Machines of the farm', sum(`pegnet_farm_machines${M}`, 'instance', 'state')),
      perSecond(
        'Hits of the farm that did not count',
        sum(rate('pegnet_farm_hit_faults_total'), 'fault'),
        as('machines refused in 1 h', sum(increase('pegnet_farm_machines_refused_total', '1h'))),
      ),
      shares('ByteMap', as('in huge pages, {{instance}}', each('pegnet_miner_huge_pages_ratio'))),
      stat('Kernel', 'short', 6, as('{{kernel}}, {{instance}}', each('pegnet_miner_kernel_info'))),
      stat('ByteMap size', 'bytes', 6, each('pegnet_miner_bytemap_bytes', 'instance')),
      stat('ByteMap opened in', 's', 6, each('pegnet_miner_bytemap_load_duration_seconds', 'instance')),
    ),
    row(
      'Records',
      'Each record is revealed, committed and acknowledged. The reward is known when the block is graded.',
      seconds('Publishing, 90 %', quantile(0.9, 'pegnet_miner_entry_duration_seconds', '1h', 'result')),
      numbers('Records by fate', sum(increase('pegnet_miner_entries_total', '1h'), 'result')),
      hashrates(
        'Hashrate of the network and ours',
        as('network, estimated', max(`pegnet_network_hashrate${M}`)),
        as('ours', sum(rate('pegnet_miner_hashes_total'))),
      ),
      {
        ...numbers('Place that we can expect', each('pegnet_miner_expected_place', 'instance')),
        text: 'By difficulty, of the best record of a block. Beyond 50 a record is rarely graded.',
      },
      seconds(
        'Until a record is among the 50 that are graded',
        each('pegnet_miner_expected_graded_seconds', 'instance'),
      ),
      numbers('Entry credits spent in 24 h', sum(increase('pegnet_miner_entry_credits_spent_total', '1d'))),
      numbers(
        'Graded blocks and places',
        as('blocks', sum(increase('pegnet_miner_blocks_total', '1h'))),
        as('places among the winners', sum(increase('pegnet_miner_winners_total', '1h'))),
      ),
    ),
    row(
      'Factom',
      'The node tells the minute and takes the records.',
      numbers('State of the node', [`pegnet_factom_node_state${M} == 1`, '{{instance}}: {{state}}']),
      numbers(
        'Change of node in an hour',
        as('changes', sum(increase('pegnet_factom_node_switches_total', '1h'))),
      ),
      numbers('Entry credits last for', as('days, {{instance}}', each('pegnet_factom_entry_credit_days'))),
      numbers(
        'Block and minute',
        as('height, {{instance}}', each('pegnet_factom_height')),
        as('minute, {{instance}}', each('pegnet_factom_minute')),
      ),
      calls('Calls', sum(rate('pegnet_factom_requests_total'), 'method', 'result')),
      seconds(
        'Duration of calls, 90 %',
        quantile(0.9, 'pegnet_factom_request_duration_seconds', '5m', 'method'),
      ),
    ),
    row(
      'Staking',
      'Of mine --stake and pegminer stake: may the addresses stake, and are they paid?',
      numbers(
        'Addresses that stake',
        sum(`pegnet_stake_addresses${M}`, 'instance'),
        as('{{instance}} among the 100 largest', sum(`pegnet_stake_entitled_addresses${M}`, 'instance')),
      ),
      numbers('Staking records in 1 h', sum(increase('pegnet_stake_entries_total', '1h'), 'result')),
      stat('PEG paid for staking in 24 h', 'short', 4, sum(increase('pegnet_stake_reward_peg_total', '1d'))),
    ),
    row(
      'Ledger',
      'Does it keep up with the chain, and what happens on it? Of pegminer ledger serve, and of a miner on the network dev.',
      numbers(
        'Blocks',
        as('{{instance}} height', each('pegnet_ledger_height')),
        as('{{instance}} behind the node', each('pegnet_ledger_lag_blocks')),
      ),
      seconds('Since no block was missing', [
        `time() - pegnet_ledger_even_timestamp_seconds${M}`,
        '{{instance}}',
      ]),
      seconds(
        'Time per block',
        as('{{instance}} 90 %', quantile(0.9, 'pegnet_ledger_block_duration_seconds', RATE, 'instance')),
      ),
      numbers('Entries by verdict in 1 h', sum(increase('pegnet_ledger_entries_total', '1h'), 'verdict')),
      numbers('Conversions by pair in 1 h', [
        `topk(10, sum by (ticker, target) (increase(pegnet_ledger_conversions_total${M}[1h])))`,
        '{{ticker}} to {{target}}',
      ]),
      bars('Supply', 'short', max(`pegnet_ledger_supply${M}`, 'ticker')),
    ),
    row(
      'Process',
      'The main thread publishes: its lag must stay far below a second.',
      seconds('Lag of the main thread, 99 %', each('nodejs_eventloop_lag_p99_seconds', 'instance')),
      bytes(
        'Memory',
        as('resident, {{instance}}', each('process_resident_memory_bytes')),
        as('heap, {{instance}}', each('nodejs_heap_size_used_bytes')),
      ),
      numbers('Settings read again in a day', sum(increase('pegnet_config_reloads_total', '1d'), 'result')),
      stat('Settings are from', 'dateTimeFromNow', 6, [
        `pegnet_config_last_reload_success_timestamp_seconds${M} * 1000`,
        '{{instance}}',
      ]),
      numbers('Processors used', [`rate(process_cpu_seconds_total${M}[${RATE}])`, '{{instance}}']),
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
      stat('Assets without price', 'short', 6, max(`pegnet_oracle_prices_missing${M}`)),
      stat('Oldest price', 's', 6, [`time() - min(pegnet_oracle_price_timestamp_seconds${M})`, '']),
      stat('Sources that answer', 'short', 6, sum(`pegnet_oracle_source_up${M}`)),
      stat('Fewest sources of an asset', 'short', 6, min(`pegnet_oracle_sources_used${of('asset!="USD"')}`)),
    ),
    row(
      'Prices',
      'Each asset relative to its mean over the time shown. Look at an asset that jumps alone.',
      shares('Change in 24 h', [
        `avg by (asset) (pegnet_oracle_price_usd${M} / (pegnet_oracle_price_usd${M} offset 1d) - 1)`,
        '{{asset}}',
      ]),
      dollars('Price', avg(`pegnet_oracle_price_usd${of('asset=~"$asset"')}`, 'asset')),
      {
        ...shares(
          'Distance from the last winners',
          avg(`pegnet_oracle_deviation_from_winners_ratio${M}`, 'asset'),
        ),
        text: 'Beyond 1 % it worsens the grade.',
      },
      shares('Spread of the votes', max(`pegnet_oracle_spread_ratio${M}`, 'asset')),
      seconds('Age of the oldest vote', max(`pegnet_oracle_asset_age_seconds${M}`, 'asset')),
      numbers('Assets by how their price came about', sum(`pegnet_oracle_asset_status${M}`, 'status')),
      dollars('Stablecoins', avg(`pegnet_oracle_stablecoin_usd${M}`, 'coin')),
      numbers(
        'Snapshots',
        sum(increase('pegnet_oracle_snapshots_total', '1h'), 'result'),
        as('blocks not mined for lack of a price', sum(increase('pegnet_oracle_blocks_skipped_total', '1h'))),
      ),
      seconds('Duration of a snapshot, 90 %', quantile(0.9, 'pegnet_oracle_snapshot_duration_seconds', '1h')),
      {
        ...bars('Sources by asset', 'short', min(`pegnet_oracle_sources_used${M}`, 'asset')),
        width: 24,
      },
    ),
    row(
      'Sources',
      'What each exchange or publisher answers, and how fast.',
      numbers(
        'Votes that did not count',
        sum(increase('pegnet_oracle_votes_rejected_total', '1h'), 'reason'),
      ),
      numbers('Far off the others', max(`pegnet_oracle_source_outliers${M}`, 'source')),
      {
        ...numbers('Left alone after failures', max(`pegnet_oracle_source_circuit_state${M}`, 'source')),
        text: '0 it is asked, 1 it is tried, 2 it rests.',
      },
      seconds('Clocks of the sources', avg(`pegnet_oracle_source_clock_skew_seconds${M}`, 'source')),
      shares('Share of the month that is used', [
        `max by (source) (pegnet_oracle_source_calls_month${M} / pegnet_oracle_source_quota_month${M})`,
        '{{source}}',
      ]),
      seconds('Age of what was got last', [
        `time() - max by (source) (pegnet_oracle_source_timestamp_seconds${M})`,
        '{{source}}',
      ]),
      calls('Rounds by result', sum(rate('pegnet_oracle_requests_total'), 'source', 'result')),
      seconds(
        'Duration of a round, 90 %',
        quantile(0.9, 'pegnet_oracle_request_duration_seconds', '15m', 'source'),
      ),
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
      stat('Own ratio', 'percentunit', 6, max(`pegnet_pegs_ratio${M}`)),
      stat('The whole peg', 'percentunit', 6, max(`pegnet_pegs_global_ratio${M}`)),
      stat('Red ratio', 'percentunit', 6, min(`pegnet_pegs_red_ratio${M}`)),
      stat('Since the last look', 's', 6, [`time() - max(pegnet_pegs_look_timestamp_seconds${M})`, '']),
    ),
    row(
      'Price and ratios',
      'The price lags behind the market by up to a day. Above some 95 % an account can not be liquidated any more.',
      numbers(
        'Coins for a token',
        as('price, {{token}}', each('pegnet_pegs_price_coins')),
        as('market, {{token}}', each('pegnet_pegs_market_coins')),
      ),
      shares(
        'Own ratio',
        as('by the price, {{token}}', each('pegnet_pegs_ratio')),
        as('by the market, {{token}}', each('pegnet_pegs_market_ratio')),
      ),
      numbers('Accounts', as('{{zone}}, {{token}}', each('pegnet_pegs_accounts'))),
      numbers('Profit of the best liquidation', each('pegnet_pegs_liquidation_profit_coins', 'token')),
    ),
    row(
      'Chain and actions',
      'Each operation takes an output of the peg. Actions are those of the section watch of the plan.',
      numbers(
        'Chain',
        as('height', each('pegnet_pegs_height')),
        as('frozen', each('pegnet_pegs_frozen')),
        as('operations that fit into a block', each('pegnet_pegs_pool_outputs')),
      ),
      numbers('Actions a day', sum(increase('pegnet_pegs_actions_total', '1d'), 'rule', 'result')),
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
      stat('Worth', 'currencyUSD', 6, sum(`pegnet_basket_held_usd${M}`)),
      stat('Owed and not held', 'currencyUSD', 6, max(`pegnet_basket_missing_usd${M}`)),
      stat('Since the last look', 's', 6, [`time() - max(pegnet_basket_look_timestamp_seconds${M})`, '']),
      stat('Block of the ledger', 'short', 6, max(`pegnet_basket_height${M}`)),
    ),
    row(
      'Parts and conversions',
      'A conversion is executed by the second block behind the one that decided it.',
      dollars(
        'Parts',
        as('held, {{token}}', each('pegnet_basket_held_usd')),
        as('wanted, {{token}}', each('pegnet_basket_wanted_usd')),
      ),
      shares('Drift', as('drift', each('pegnet_basket_drift')), as('band', each('pegnet_basket_band'))),
      dollars(
        'Converted today',
        as('converted', each('pegnet_basket_spent_usd')),
        as('limit', each('pegnet_basket_limit_usd')),
      ),
      numbers('Conversions a day', sum(increase('pegnet_basket_conversions_total', '1d'), 'fate')),
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
      shares('Premium', each('pegnet_peg_watch_premium', 'token')),
      dollars('Depth within it', each('pegnet_peg_watch_depth_usd', 'token')),
      dollars('The best trade', as('gain', each('pegnet_peg_watch_gain_usd'))),
      dollars('Paper account', as('worth', each('pegnet_peg_watch_paper_usd'))),
      numbers(
        'What is known',
        as('order books, {{exchange}}', each('pegnet_peg_watch_books')),
        as('trades that would earn', each('pegnet_peg_watch_trades')),
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
      stat('Headers behind', 'short', 6, max(`pegnet_feed_lag_blocks${M}`)),
      stat('State', 'short', 6, [`pegnet_feed_state${M} == 1`, '{{gateway}}: {{state}}']),
      stat('Headers that are paid for', 'short', 6, min(`pegnet_feed_headers_left${M}`)),
      stat(
        'Withdrawals under way',
        'short',
        6,
        sum(`pegnet_feed_withdrawals${of('state!~"done|rejected|refused"')}`),
      ),
    ),
    row(
      'Headers',
      'The difference of the two heights is the lag.',
      numbers(
        'Heights',
        as('reference, {{gateway}}', each('pegnet_feed_reference_height')),
        as('published, {{gateway}}', each('pegnet_feed_published_height')),
      ),
      numbers(
        'Behind',
        as('headers, {{gateway}}', each('pegnet_feed_lag_blocks')),
        as('gaps, {{gateway}}', each('pegnet_feed_gap_blocks')),
      ),
      seconds('Since the last progress', each('pegnet_feed_lag_seconds', 'gateway'), [
        `time() - pegnet_feed_pass_timestamp_seconds${M}`,
        'since the last look, {{gateway}}',
      ]),
      numbers(
        'Headers an hour',
        [`increase(pegnet_feed_headers_total${M}[1h])`, 'published, {{gateway}}'],
        [`increase(pegnet_feed_repairs_total${M}[1h])`, 'repaired, {{gateway}}'],
        [`increase(pegnet_feed_reorgs_total${M}[1h])`, 'reorganisations, {{chain}}'],
      ),
    ),
    row(
      'Funds and withdrawals',
      'Each header takes a fee from the subscriptions. The wallet pays for new subscriptions.',
      numbers(
        'Coins',
        as('subscriptions, {{gateway}}', each('pegnet_feed_oracle_coins')),
        as('wallet, {{gateway}}', each('pegnet_feed_wallet_coins')),
        as('alarm, {{gateway}}', each('pegnet_feed_funds_alarm')),
      ),
      numbers(
        'Room for headers',
        as('next block, {{gateway}}', each('pegnet_feed_budget_headers')),
        as('outputs, {{gateway}}', each('pegnet_feed_oracle_outputs')),
      ),
      numbers(
        'Withdrawals by state',
        sum(`pegnet_feed_withdrawals${M}`, 'state'),
        as('finished in 24 h', sum(increase('pegnet_feed_withdrawals_done_total', '1d'))),
      ),
      numbers(
        'Refused',
        [`increase(pegnet_feed_refused_transactions_total${M}[1h])`, 'transactions, {{gateway}}'],
        [`increase(pegnet_feed_refused_payouts_total${M}[1h])`, 'payouts of others, {{gateway}}'],
      ),
    ),
    row(
      'Daemons',
      'Both daemons must be up. A daemon that answers while its height stands still is frozen.',
      numbers('State of the daemons', [
        `pegnet_feed_daemon_state${M} == 1`,
        '{{chain}} of {{gateway}}: {{state}}',
      ]),
      calls('Calls', sum(rate('pegnet_feed_requests_total'), 'chain', 'result')),
      seconds(
        'Duration of calls, 90 %',
        quantile(0.9, 'pegnet_feed_request_duration_seconds', '5m', 'chain'),
      ),
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
      bars(
        'Hashrate',
        'hashes',
        as(
          '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
          each('pegnet_bench_hashes_per_second'),
        ),
      ),
      bars(
        'Random reads of the memory',
        'reqps',
        as(
          '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
          each('pegnet_bench_gather_reads_per_second'),
        ),
      ),
      stat(
        'Wrong checksums',
        'short',
        12,
        as('measurements', sum(`pegnet_bench_wrong_checksums_total${M}`)),
        as('stress, thread {{thread}}', sum(`pegnet_bench_stress_errors_total${M}`, 'thread')),
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
