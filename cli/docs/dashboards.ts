/** Grafana dashboards, made from short lists of panels; `config/grafana/` holds what comes out. Pure. */

type Unit =
  'hashes' | 's' | 'bytes' | 'percentunit' | 'short' | 'currencyUSD' | 'reqps' | 'dateTimeFromNow' | 'cps'
type Kind = 'timeseries' | 'stat' | 'table' | 'bargauge'

interface Panel {
  readonly title: string
  readonly kind?: Kind
  readonly unit: Unit
  /** Expression and legend of each line. */
  readonly lines: readonly (readonly [expression: string, legend: string])[]
  readonly text?: string
  /** Of 24 columns. */
  readonly width?: number
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

const UNITS: Readonly<Record<Unit, string>> = {
  hashes: 'suffix: H/s',
  s: 's',
  bytes: 'bytes',
  percentunit: 'percentunit',
  short: 'short',
  currencyUSD: 'currencyUSD',
  reqps: 'reqps',
  dateTimeFromNow: 'dateTimeFromNow',
  cps: 'cps',
}

/** The viewer chooses the instances at the top of the dashboard. */
const M = '{instance=~"$instance"}'
const of = (...labels: string[]) => `{instance=~"$instance",${labels.join(',')}}`
const RATE = '$__rate_interval'

const MINER: Dashboard = {
  uid: 'pegminer-miner',
  title: 'pegminer: miner',
  rows: [
    {
      title: 'Overview',
      text: 'Is it mining, do its records arrive, can it pay for the next ones?',
      panels: [
        {
          title: 'Hashrate',
          kind: 'stat',
          unit: 'hashes',
          width: 4,
          lines: [[`sum(rate(pegnet_miner_hashes_total${M}[${RATE}]))`, '']],
        },
        {
          title: 'State',
          kind: 'stat',
          unit: 'short',
          width: 4,
          lines: [[`pegnet_miner_state${M} == 1`, '{{state}}']],
          text: 'Mining in minutes 1 to 9, waiting between blocks.',
        },
        {
          title: 'Records on the chain in 24 h',
          kind: 'stat',
          unit: 'short',
          width: 4,
          lines: [[`sum(increase(pegnet_miner_entries_total${of('result="landed"')}[1d]))`, '']],
        },
        {
          title: 'PEG earned in 24 h',
          kind: 'stat',
          unit: 'short',
          width: 4,
          lines: [[`sum(increase(pegnet_miner_reward_peg_total${M}[1d]))`, '']],
        },
        {
          title: 'Entry credits',
          kind: 'stat',
          unit: 'short',
          width: 4,
          lines: [[`min(pegnet_factom_entry_credits${M})`, '']],
        },
        {
          title: 'Version',
          kind: 'stat',
          unit: 'short',
          width: 4,
          lines: [[`pegnet_build_info${M}`, '{{version}} on {{network}}']],
        },
      ],
    },
    {
      title: 'Work',
      text: 'All threads should hash equally fast. A line below the others is a slow core, a line at zero a stalled thread.',
      panels: [
        {
          title: 'Hashrate by thread',
          unit: 'hashes',
          lines: [
            [
              `sum by (instance, thread) (rate(pegnet_miner_hashes_total${M}[${RATE}]))`,
              '{{instance}} {{thread}}',
            ],
          ],
        },
        {
          title: 'Threads',
          unit: 'short',
          lines: [
            [`sum by (state) (pegnet_miner_threads${M})`, '{{state}}'],
            [`sum(increase(pegnet_miner_thread_restarts_total${M}[1h]))`, 'started again in 1 h'],
          ],
        },
        {
          title: 'Paused by',
          unit: 'short',
          lines: [[`pegnet_miner_hold${M} == 1`, '{{instance}}: {{reason}}']],
        },
        {
          title: 'Alarms of the watchdog',
          unit: 'short',
          lines: [
            [`pegnet_watchdog_alarm${M} == 1`, '{{instance}}: {{alarm}}'],
            [
              `sum by (action, result) (increase(pegnet_watchdog_actions_total${M}[1h]))`,
              '{{action}} {{result}} in 1 h',
            ],
          ],
        },
        {
          title: 'Temperature',
          unit: 'short',
          lines: [[`pegnet_machine_temperature_celsius${M}`, '°C, {{instance}}']],
        },
        {
          title: 'Free for the data directory',
          unit: 'bytes',
          lines: [[`pegnet_data_dir_free_bytes${M}`, '{{instance}}']],
        },
        {
          title: 'Best difficulty',
          unit: 'short',
          lines: [[`pegnet_miner_best_difficulty${M}`, '{{instance}}']],
          text: 'The best difficulty of the current record; the maximum is 2^64.',
        },
        {
          title: 'New work until the last thread has it',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.5, sum by (le) (rate(pegnet_miner_job_switch_duration_seconds_bucket${M}[1h])))`,
              'half',
            ],
            [
              `histogram_quantile(0.99, sum by (le) (rate(pegnet_miner_job_switch_duration_seconds_bucket${M}[1h])))`,
              '99 %',
            ],
          ],
        },
        {
          title: 'Hits checked',
          unit: 'cps',
          lines: [
            [`sum(rate(pegnet_miner_hits_total${M}[${RATE}]))`, 'right'],
            [`sum(rate(pegnet_miner_compute_errors_total${M}[${RATE}]))`, 'wrong'],
          ],
        },
        {
          title: 'ByteMap',
          unit: 'percentunit',
          lines: [[`pegnet_miner_huge_pages_ratio${M}`, 'in huge pages, {{instance}}']],
        },
        {
          title: 'Kernel',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`pegnet_miner_kernel_info${M}`, '{{kernel}}, {{instance}}']],
        },
        {
          title: 'ByteMap size',
          kind: 'stat',
          unit: 'bytes',
          width: 6,
          lines: [[`pegnet_miner_bytemap_bytes${M}`, '{{instance}}']],
        },
        {
          title: 'ByteMap opened in',
          kind: 'stat',
          unit: 's',
          width: 6,
          lines: [[`pegnet_miner_bytemap_load_duration_seconds${M}`, '{{instance}}']],
        },
      ],
    },
    {
      title: 'Records',
      text: 'Each record is revealed, committed and acknowledged. The reward is known when the block is graded.',
      panels: [
        {
          title: 'Publishing, 90 %',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.9, sum by (result, le) (rate(pegnet_miner_entry_duration_seconds_bucket${M}[1h])))`,
              '{{result}}',
            ],
          ],
        },
        {
          title: 'Records by fate',
          unit: 'short',
          lines: [[`sum by (result) (increase(pegnet_miner_entries_total${M}[1h]))`, '{{result}}']],
        },
        {
          title: 'Hashrate of the network and ours',
          unit: 'hashes',
          lines: [
            [`max(pegnet_network_hashrate${M})`, 'network, estimated'],
            [`sum(rate(pegnet_miner_hashes_total${M}[${RATE}]))`, 'ours'],
          ],
        },
        {
          title: 'Place that we can expect',
          unit: 'short',
          lines: [[`pegnet_miner_expected_place${M}`, '{{instance}}']],
          text: 'By difficulty, of the best record of a block. Beyond 50 a record is rarely graded.',
        },
        {
          title: 'Until a record is among the 50 that are graded',
          unit: 's',
          lines: [[`pegnet_miner_expected_graded_seconds${M}`, '{{instance}}']],
        },
        {
          title: 'Entry credits spent in 24 h',
          unit: 'short',
          lines: [[`sum(increase(pegnet_miner_entry_credits_spent_total${M}[1d]))`, '']],
        },
        {
          title: 'Graded blocks and places',
          unit: 'short',
          lines: [
            [`sum(increase(pegnet_miner_blocks_total${M}[1h]))`, 'blocks'],
            [`sum(increase(pegnet_miner_winners_total${M}[1h]))`, 'places among the winners'],
          ],
        },
      ],
    },
    {
      title: 'Factom',
      text: 'The node tells the minute and takes the records.',
      panels: [
        {
          title: 'State of the node',
          unit: 'short',
          lines: [[`pegnet_factom_node_state${M} == 1`, '{{instance}}: {{state}}']],
        },
        {
          title: 'Change of node in an hour',
          unit: 'short',
          lines: [[`sum(increase(pegnet_factom_node_switches_total${M}[1h]))`, 'changes']],
        },
        {
          title: 'Entry credits last for',
          unit: 'short',
          lines: [[`pegnet_factom_entry_credit_days${M}`, 'days, {{instance}}']],
        },
        {
          title: 'Block and minute',
          unit: 'short',
          lines: [
            [`pegnet_factom_height${M}`, 'height, {{instance}}'],
            [`pegnet_factom_minute${M}`, 'minute, {{instance}}'],
          ],
        },
        {
          title: 'Calls',
          unit: 'reqps',
          lines: [
            [
              `sum by (method, result) (rate(pegnet_factom_requests_total${M}[${RATE}]))`,
              '{{method}} {{result}}',
            ],
          ],
        },
        {
          title: 'Duration of calls, 90 %',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.9, sum by (method, le) (rate(pegnet_factom_request_duration_seconds_bucket${M}[5m])))`,
              '{{method}}',
            ],
          ],
        },
      ],
    },
    {
      title: 'Process',
      text: 'The main thread publishes: its lag must stay far below a second.',
      panels: [
        {
          title: 'Lag of the main thread, 99 %',
          unit: 's',
          lines: [[`nodejs_eventloop_lag_p99_seconds${M}`, '{{instance}}']],
        },
        {
          title: 'Memory',
          unit: 'bytes',
          lines: [
            [`process_resident_memory_bytes${M}`, 'resident, {{instance}}'],
            [`nodejs_heap_size_used_bytes${M}`, 'heap, {{instance}}'],
          ],
        },
        {
          title: 'Settings read again in a day',
          unit: 'short',
          lines: [[`sum by (result) (increase(pegnet_config_reloads_total${M}[1d]))`, '{{result}}']],
        },
        {
          title: 'Settings are from',
          kind: 'stat',
          unit: 'dateTimeFromNow',
          width: 6,
          lines: [[`pegnet_config_last_reload_success_timestamp_seconds${M} * 1000`, '{{instance}}']],
        },
        {
          title: 'Processors used',
          unit: 'short',
          lines: [[`rate(process_cpu_seconds_total${M}[${RATE}])`, '{{instance}}']],
        },
      ],
    },
  ],
}

const ORACLE: Dashboard = {
  uid: 'pegminer-oracle',
  title: 'pegminer: oracle',
  rows: [
    {
      title: 'Overview',
      text: 'A record without all prices is invalid. An asset with one source loses its price if that source fails.',
      panels: [
        {
          title: 'Assets without price',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`max(pegnet_oracle_prices_missing${M})`, '']],
        },
        {
          title: 'Oldest price',
          kind: 'stat',
          unit: 's',
          width: 6,
          lines: [[`time() - min(pegnet_oracle_price_timestamp_seconds${M})`, '']],
        },
        {
          title: 'Sources that answer',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`sum(pegnet_oracle_source_up${M})`, '']],
        },
        {
          title: 'Fewest sources of an asset',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`min(pegnet_oracle_sources_used${of('asset!="USD"')})`, '']],
        },
      ],
    },
    {
      title: 'Prices',
      text: 'Each asset relative to its mean over the time shown. Look at an asset that jumps alone.',
      panels: [
        {
          title: 'Change in 24 h',
          unit: 'percentunit',
          lines: [
            [
              `avg by (asset) (pegnet_oracle_price_usd${M} / (pegnet_oracle_price_usd${M} offset 1d) - 1)`,
              '{{asset}}',
            ],
          ],
        },
        {
          title: 'Price',
          unit: 'currencyUSD',
          lines: [[`avg by (asset) (pegnet_oracle_price_usd${of('asset=~"$asset"')})`, '{{asset}}']],
        },
        {
          title: 'Distance from the last winners',
          unit: 'percentunit',
          lines: [[`avg by (asset) (pegnet_oracle_deviation_from_winners_ratio${M})`, '{{asset}}']],
          text: 'Beyond 1 % it worsens the grade.',
        },
        {
          title: 'Spread of the votes',
          unit: 'percentunit',
          lines: [[`max by (asset) (pegnet_oracle_spread_ratio${M})`, '{{asset}}']],
        },
        {
          title: 'Age of the oldest vote',
          unit: 's',
          lines: [[`max by (asset) (pegnet_oracle_asset_age_seconds${M})`, '{{asset}}']],
        },
        {
          title: 'Assets by how their price came about',
          unit: 'short',
          lines: [[`sum by (status) (pegnet_oracle_asset_status${M})`, '{{status}}']],
        },
        {
          title: 'Stablecoins',
          unit: 'currencyUSD',
          lines: [[`avg by (coin) (pegnet_oracle_stablecoin_usd${M})`, '{{coin}}']],
        },
        {
          title: 'Snapshots',
          unit: 'short',
          lines: [
            [`sum by (result) (increase(pegnet_oracle_snapshots_total${M}[1h]))`, '{{result}}'],
            [
              `sum(increase(pegnet_oracle_blocks_skipped_total${M}[1h]))`,
              'blocks not mined for lack of a price',
            ],
          ],
        },
        {
          title: 'Duration of a snapshot, 90 %',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.9, sum by (le) (rate(pegnet_oracle_snapshot_duration_seconds_bucket${M}[1h])))`,
              '',
            ],
          ],
        },
        {
          title: 'Sources by asset',
          kind: 'bargauge',
          unit: 'short',
          width: 24,
          lines: [[`min by (asset) (pegnet_oracle_sources_used${M})`, '{{asset}}']],
        },
      ],
    },
    {
      title: 'Sources',
      text: 'What each exchange or publisher answers, and how fast.',
      panels: [
        {
          title: 'Votes that did not count',
          unit: 'short',
          lines: [[`sum by (reason) (increase(pegnet_oracle_votes_rejected_total${M}[1h]))`, '{{reason}}']],
        },
        {
          title: 'Far off the others',
          unit: 'short',
          lines: [[`max by (source) (pegnet_oracle_source_outliers${M})`, '{{source}}']],
        },
        {
          title: 'Left alone after failures',
          unit: 'short',
          lines: [[`max by (source) (pegnet_oracle_source_circuit_state${M})`, '{{source}}']],
          text: '0 it is asked, 1 it is tried, 2 it rests.',
        },
        {
          title: 'Clocks of the sources',
          unit: 's',
          lines: [[`avg by (source) (pegnet_oracle_source_clock_skew_seconds${M})`, '{{source}}']],
        },
        {
          title: 'Share of the month that is used',
          unit: 'percentunit',
          lines: [
            [
              `max by (source) (pegnet_oracle_source_calls_month${M} / pegnet_oracle_source_quota_month${M})`,
              '{{source}}',
            ],
          ],
        },
        {
          title: 'Age of what was got last',
          unit: 's',
          lines: [[`time() - max by (source) (pegnet_oracle_source_timestamp_seconds${M})`, '{{source}}']],
        },
        {
          title: 'Rounds by result',
          unit: 'reqps',
          lines: [
            [
              `sum by (source, result) (rate(pegnet_oracle_requests_total${M}[${RATE}]))`,
              '{{source}} {{result}}',
            ],
          ],
        },
        {
          title: 'Duration of a round, 90 %',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.9, sum by (source, le) (rate(pegnet_oracle_request_duration_seconds_bucket${M}[15m])))`,
              '{{source}}',
            ],
          ],
        },
      ],
    },
  ],
}

/** Each gateway connects a pair of chains. */
const FEED: Dashboard = {
  uid: 'pegminer-feed',
  title: 'pegminer: feed',
  rows: [
    {
      title: 'Overview',
      text: 'Every header of the reference chain is published on the asset chain, soon and once, while there are funds.',
      panels: [
        {
          title: 'Headers behind',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`max(pegnet_feed_lag_blocks${M})`, '']],
        },
        {
          title: 'State',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`pegnet_feed_state${M} == 1`, '{{gateway}}: {{state}}']],
        },
        {
          title: 'Headers that are paid for',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`min(pegnet_feed_headers_left${M})`, '']],
        },
        {
          title: 'Withdrawals under way',
          kind: 'stat',
          unit: 'short',
          width: 6,
          lines: [[`sum(pegnet_feed_withdrawals${of('state!~"done|rejected|refused"')})`, '']],
        },
      ],
    },
    {
      title: 'Headers',
      text: 'The difference of the two heights is the lag.',
      panels: [
        {
          title: 'Heights',
          unit: 'short',
          lines: [
            [`pegnet_feed_reference_height${M}`, 'reference, {{gateway}}'],
            [`pegnet_feed_published_height${M}`, 'published, {{gateway}}'],
          ],
        },
        {
          title: 'Behind',
          unit: 'short',
          lines: [
            [`pegnet_feed_lag_blocks${M}`, 'headers, {{gateway}}'],
            [`pegnet_feed_gap_blocks${M}`, 'gaps, {{gateway}}'],
          ],
        },
        {
          title: 'Since the last progress',
          unit: 's',
          lines: [
            [`pegnet_feed_lag_seconds${M}`, '{{gateway}}'],
            [`time() - pegnet_feed_pass_timestamp_seconds${M}`, 'since the last look, {{gateway}}'],
          ],
        },
        {
          title: 'Headers an hour',
          unit: 'short',
          lines: [
            [`increase(pegnet_feed_headers_total${M}[1h])`, 'published, {{gateway}}'],
            [`increase(pegnet_feed_repairs_total${M}[1h])`, 'repaired, {{gateway}}'],
            [`increase(pegnet_feed_reorgs_total${M}[1h])`, 'reorganisations, {{chain}}'],
          ],
        },
      ],
    },
    {
      title: 'Funds and withdrawals',
      text: 'Each header takes a fee from the subscriptions. The wallet pays for new subscriptions.',
      panels: [
        {
          title: 'Coins',
          unit: 'short',
          lines: [
            [`pegnet_feed_oracle_coins${M}`, 'subscriptions, {{gateway}}'],
            [`pegnet_feed_wallet_coins${M}`, 'wallet, {{gateway}}'],
            [`pegnet_feed_funds_alarm${M}`, 'alarm, {{gateway}}'],
          ],
        },
        {
          title: 'Room for headers',
          unit: 'short',
          lines: [
            [`pegnet_feed_budget_headers${M}`, 'next block, {{gateway}}'],
            [`pegnet_feed_oracle_outputs${M}`, 'outputs, {{gateway}}'],
          ],
        },
        {
          title: 'Withdrawals by state',
          unit: 'short',
          lines: [
            [`sum by (state) (pegnet_feed_withdrawals${M})`, '{{state}}'],
            [`sum(increase(pegnet_feed_withdrawals_done_total${M}[1d]))`, 'finished in 24 h'],
          ],
        },
        {
          title: 'Refused',
          unit: 'short',
          lines: [
            [`increase(pegnet_feed_refused_transactions_total${M}[1h])`, 'transactions, {{gateway}}'],
            [`increase(pegnet_feed_refused_payouts_total${M}[1h])`, 'payouts of others, {{gateway}}'],
          ],
        },
      ],
    },
    {
      title: 'Daemons',
      text: 'Both daemons must be up. A daemon that answers while its height stands still is frozen.',
      panels: [
        {
          title: 'State of the daemons',
          unit: 'short',
          lines: [[`pegnet_feed_daemon_state${M} == 1`, '{{chain}} of {{gateway}}: {{state}}']],
        },
        {
          title: 'Calls',
          unit: 'reqps',
          lines: [
            [
              `sum by (chain, result) (rate(pegnet_feed_requests_total${M}[${RATE}]))`,
              '{{chain}} {{result}}',
            ],
          ],
        },
        {
          title: 'Duration of calls, 90 %',
          unit: 's',
          lines: [
            [
              `histogram_quantile(0.9, sum by (chain, le) (rate(pegnet_feed_request_duration_seconds_bucket${M}[5m])))`,
              '{{chain}}',
            ],
          ],
        },
      ],
    },
  ],
}

const BENCH: Dashboard = {
  uid: 'pegminer-bench',
  title: 'pegminer: bench',
  rows: [
    {
      title: 'Measurements',
      text: 'Of pegminer bench, while it runs or from a Pushgateway: hashrate, and what the memory itself can do.',
      panels: [
        {
          title: 'Hashrate',
          kind: 'bargauge',
          unit: 'hashes',
          lines: [
            [
              `pegnet_bench_hashes_per_second${M}`,
              '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
            ],
          ],
        },
        {
          title: 'Random reads of the memory',
          kind: 'bargauge',
          unit: 'reqps',
          lines: [
            [
              `pegnet_bench_gather_reads_per_second${M}`,
              '2^{{bits}}, {{threads}} threads, {{kernel}}, {{pages}} pages',
            ],
          ],
        },
        {
          title: 'Wrong checksums',
          kind: 'stat',
          unit: 'short',
          lines: [
            [`sum(pegnet_bench_wrong_checksums_total${M})`, 'measurements'],
            [`sum by (thread) (pegnet_bench_stress_errors_total${M})`, 'stress, thread {{thread}}'],
          ],
        },
      ],
    },
  ],
}

const DASHBOARDS: readonly Dashboard[] = [MINER, ORACLE, FEED, BENCH]

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
const HEIGHT: Readonly<Record<Kind, number>> = { stat: 4, timeseries: 8, table: 8, bargauge: 10 }

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
      const kind = panel.kind ?? 'timeseries'
      const w = panel.width ?? 12
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

function panelOf(
  { title, kind = 'timeseries', unit, lines, text }: Panel,
  id: number,
  gridPos: object,
): object {
  const named = kind === 'stat' && lines.some(([, legend]) => legend.startsWith('{{'))
  return {
    id,
    type: kind,
    title,
    ...(text === undefined ? {} : { description: text }),
    datasource: SOURCE,
    gridPos,
    fieldConfig: {
      defaults: { unit: UNITS[unit], ...(kind === 'timeseries' ? { custom: { showPoints: 'never' } } : {}) },
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
