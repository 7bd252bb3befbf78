/** Every generated page of `docs/`, the dashboards and the rules of Prometheus, by path from `docs/`. */
import { BENCH_ERRORS } from '../../bench/index.js'
import { CHAIN_ERRORS } from '../../chain/index.js'
import { NETWORK_ERRORS } from '../../pegnet/index.js'
import { CONFIG_ERRORS, configSchema, jsonSchemaOf, type JsonSchema } from '../../config/index.js'
import { DESK_ERRORS, pegWatchShape } from '../../desk/index.js'
import { DEV_CHAIN_ERRORS } from '../../factom/dev/index.js'
import { LEDGER_ERRORS } from '../../ledger/index.js'
import { FACTOM_ERRORS } from '../../factom/index.js'
import { DEV_KOMODO_ERRORS } from '../../komodo/dev/index.js'
import { KOMODO_ERRORS, KOMODO_TX_ERRORS, PEGS_ERRORS } from '../../komodo/index.js'
import { LXR_ERRORS } from '../../lxrhash/index.js'
import { FARM_ERRORS } from '../../miner/farm/index.js'
import { MINER_ERRORS } from '../../miner/index.js'
import { GRADING_ERRORS, HISTORY_ERRORS, RECORD_ERRORS } from '../../oracle/index.js'
import { PRICE_ERRORS, pricesShape } from '../../oracle/prices/index.js'
import { FEED_ERRORS, feedShape } from '../../oracle/feed/index.js'
import { TELEMETRY_ERRORS } from '../../telemetry/index.js'
import { COMMANDS, SECTION_NAMES } from '../program/commands.js'
import { WATCH_ERRORS } from '../../watch/index.js'
import { CLI_ERRORS } from '../program/errors.js'
import { alertsDoc, ruleFiles } from './alarms.js'
import { grafanaFiles } from './dashboards.js'
import { manPage } from './man.js'
import { settingsPages } from './settings.js'
import { errorsDoc, metricsDoc, NOTE } from './tables.js'

/** The structured sections of the configuration file. */
const SECTION_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  feed: jsonSchemaOf(feedShape()),
  pegWatch: jsonSchemaOf(pegWatchShape),
  prices: jsonSchemaOf(pricesShape),
}

export function docPages(): Readonly<Record<string, string>> {
  return {
    ...inFolder('../config/grafana', grafanaFiles()),
    ...inFolder('../config/prometheus', ruleFiles()),
    'alerts.md': alertsDoc(NOTE),
    ...settingsPages(COMMANDS, SECTION_SCHEMAS),
    'pegminer.1': manPage(COMMANDS),
    'pegminer.schema.json': `${JSON.stringify(configSchema(SECTION_NAMES, SECTION_SCHEMAS), null, 2)}\n`,
    'metrics.md': metricsDoc(),
    'errors.md': errorsDoc({
      'Command line': CLI_ERRORS,
      Settings: { ...CONFIG_ERRORS, ...NETWORK_ERRORS },
      LXRHash: LXR_ERRORS,
      Factom: FACTOM_ERRORS,
      'Embedded chain': DEV_CHAIN_ERRORS,
      Komodo: { ...KOMODO_ERRORS, ...KOMODO_TX_ERRORS },
      Pegs: PEGS_ERRORS,
      'Embedded Komodo chains': DEV_KOMODO_ERRORS,
      Records: RECORD_ERRORS,
      Grading: GRADING_ERRORS,
      History: { ...CHAIN_ERRORS, ...HISTORY_ERRORS },
      Ledger: LEDGER_ERRORS,
      Desk: DESK_ERRORS,
      Prices: PRICE_ERRORS,
      Oraclefeed: FEED_ERRORS,
      Miner: MINER_ERRORS,
      Farm: FARM_ERRORS,
      Benchmark: BENCH_ERRORS,
      Telemetry: TELEMETRY_ERRORS,
      'Watching over a run': WATCH_ERRORS,
    }),
  }
}

const inFolder = (folder: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
