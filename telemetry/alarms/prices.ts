/** Alarms of prices and their sources. */
import { alarms, minutes } from './alarm.js'

export const PRICE_ALARMS = alarms([
  {
    id: 'PricesMissing',
    severity: 'warning',
    summary: '{{ $value }} assets of {{ $labels.instance }} have no price',
    meaning: 'A record without all prices is invalid: nothing of ours is published while this lasts.',
    look: '`/api/v1/prices` gives the reason for each asset; `SourceDown` names the source that does not answer.',
    remedy: 'Wait for the source, or add other sources for the asset.',
    expr: 'pegnet_oracle_prices_missing > 0',
    for: '15m',
    notices: ['E_MINER_PRICES'],
    check: {
      name: 'prices',
      makes: 'ready',
      find: ({ prices }) => ({
        ok: prices?.complete === true,
        found: prices === null ? 'none yet' : `${prices.prices.size} assets, ${prices.missing.size} missing`,
      }),
    },
  },
  {
    id: 'PricesUnguarded',
    severity: 'warning',
    summary: '{{ $labels.instance }} takes prices without knowing the last winners',
    meaning:
      'The prices of a block were taken while the last winners were not known. So they could not be compared with those of other miners, and assets that no market trades have no price.',
    look: 'The log: `E_PRICES_UNGUARDED`, and why the blocks before could not be graded (`E_MINER_WINNERS`, `E_HISTORY_…`).',
    remedy: 'As for FactomdUnreachable. A full or slow disk is in the log too.',
    expr: 'sum by (instance) (increase(pegnet_oracle_unguarded_total[1h])) > 0',
    for: '0s',
    notices: ['E_PRICES_UNGUARDED'],
  },
  {
    id: 'PricesStale',
    severity: 'critical',
    summary: 'prices of {{ $labels.instance }} are {{ $value | humanizeDuration }} old',
    meaning: 'Prices are taken once a block, and two blocks have passed without complete ones.',
    look: 'Is the clock of the machine right? Does the log say that prices are incomplete?',
    remedy:
      'Run `pegminer prices doctor`: it says which sources fail. If the node is away, see FactomdUnreachable.',
    expr: 'time() - max by (instance) (pegnet_oracle_price_timestamp_seconds) > 1500',
    for: '5m',
    watchdog: {
      kind: 'prices-stale',
      code: 'E_WATCH_PRICES_STALE',
      why: ({ pricesAgeMs }, { pricesMs }) =>
        pricesMs > 0 && pricesAgeMs > pricesMs ? `no complete prices for ${minutes(pricesAgeMs)}` : null,
    },
  },
  {
    id: 'SingleSource',
    severity: 'warning',
    summary: '{{ $labels.asset }} of {{ $labels.instance }} hangs on {{ $value }} source',
    meaning: 'An asset has one source only. If that source is wrong, nothing shows it.',
    look: '`SourceDown`, and the routes on the status page.',
    remedy: 'Nothing at first; add another source for the asset if it lasts.',
    expr: 'pegnet_oracle_sources_used{asset!="USD"} < 2',
    for: '30m',
  },
  {
    id: 'SourceDown',
    severity: 'warning',
    summary: '{{ $labels.source }} gives {{ $labels.instance }} no prices',
    meaning: 'A source of prices has failed for half an hour.',
    look: 'The log has its error; some exchanges refuse whole countries.',
    remedy: 'Nothing, if other sources cover its assets. Otherwise switch it off and use another one.',
    expr: 'pegnet_oracle_source_up == 0',
    for: '30m',
  },
  {
    id: 'SourceFailing',
    severity: 'info',
    summary: '{{ $labels.source }} fails every second time for {{ $labels.instance }}',
    meaning: 'More than half of the requests to a source of prices fail.',
    look: 'Does more than one miner ask it from the same address, and reach its rate limit?',
    remedy: 'Let fewer machines ask, or set a longer interval.',
    expr: 'sum by (instance, source) (rate(pegnet_oracle_requests_total{result!="ok"}[30m])) > sum by (instance, source) (rate(pegnet_oracle_requests_total[30m])) / 2',
    for: '30m',
  },
  {
    id: 'SourceOutlier',
    severity: 'warning',
    summary: '{{ $labels.source }} of {{ $labels.instance }} is far off the others on {{ $value }} assets',
    meaning: 'A source gives wrong prices. Its votes do not count where there are other sources.',
    look: '`pegminer prices doctor` shows what it says of each asset.',
    remedy: 'Switch it off in the section `prices` until its prices are right again.',
    expr: 'pegnet_oracle_source_outliers > 3',
    for: '15m',
    notices: ['E_PRICES_LIAR'],
  },
  {
    id: 'SourceQuota',
    severity: 'warning',
    summary:
      '{{ $labels.source }} has used {{ $value | humanizePercentage }} of its month on {{ $labels.instance }}',
    meaning:
      "More than 80 % of a source's monthly quota is used. At 100 % it refuses to answer until the month is over.",
    look: 'How much of the month is left? Early in the month, the interval is too short.',
    remedy: 'Set a longer `interval` for it in the section `prices`.',
    expr: 'pegnet_oracle_source_calls_month / pegnet_oracle_source_quota_month > 0.8',
    for: '0s',
    notices: ['E_PRICES_QUOTA'],
  },
  {
    id: 'PriceOffWinners',
    severity: 'warning',
    summary:
      '{{ $labels.asset }} of {{ $labels.instance }} is {{ $value | humanizePercentage }} away from the last winners',
    meaning:
      'Our price of an asset is far from that of the last winners: the market moved, or one of the two is wrong. Beyond 1 % it worsens the grade.',
    look: '`pegminer prices explain ASSET` shows each vote and the winners.',
    remedy: 'Nothing, if all sources agree. Otherwise switch off the source that is wrong.',
    expr: 'abs(pegnet_oracle_deviation_from_winners_ratio) > 0.05',
    for: '10m',
    notices: ['E_PRICES_WINNERS'],
  },
  {
    id: 'StablecoinOff',
    severity: 'warning',
    summary: '{{ $labels.coin }} is worth {{ $value }} away from a dollar on {{ $labels.instance }}',
    meaning:
      'A stablecoin is not worth one dollar. Routes over it are converted at its real price, as they should be.',
    look: 'Do the news or other exchanges say the same?',
    remedy: 'Nothing, if they do. If only one source says so, switch that source off.',
    expr: 'abs(pegnet_oracle_stablecoin_usd - 1) > 0.02',
    for: '10m',
  },
])
