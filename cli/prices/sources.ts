/** `pegminer prices sources`: the routes of each asset in order. Sends no request. */
import { wallMs } from '../../base/index.js'
import { ASSETS, type OprVersion } from '../../oracle/index.js'
import { routePlanOf, type PriceSettings } from '../../oracle/prices/index.js'
import { EXIT } from '../program/context.js'
import { minuteText, wrap } from '../view/format.js'
import { assetsOf, restsOf, type PricesContext } from './parts.js'

/** Stands for a space until lines are broken. */
const HARD = '\u00a0'

export function sources(context: PricesContext): Promise<number> {
  const { output, settings: flags, sections } = context
  const settings: PriceSettings = sections.prices.settings
  const { config } = settings
  const plan = routePlanOf(config, ASSETS[flags['prices.recordVersion'] as OprVersion])
  const rests = restsOf(context)
  const now = wallMs()
  for (const source of config.sources) {
    const { name, type, intervalMs, maxPerMonth = null, url = null } = source
    const what = source.type === 'ccxt' ? source.exchange : source.preset
    const symbols = plan.symbols.get(name) ?? []
    const rest = rests.left(name, now)
    const restUntil = rest > 0 ? new Date(now + rest).toISOString() : null
    output.event({ event: 'source', name, type, of: what, url, intervalMs, maxPerMonth, symbols, restUntil })
    output.line(
      ` ${output.paint('bold', name.padEnd(18))} ${type.padEnd(5)} ${what.padEnd(20)} every ${String(intervalMs / 1000).padStart(5)} s  ${symbols.length} symbols`,
    )
    if (restUntil !== null)
      output.line(`   asked for fewer requests: left alone until ${minuteText(now + rest)} UTC`)
  }
  output.line()
  const named = [...Object.keys(config.indices), ...assetsOf(context)]
  for (const name of named) {
    const spec = config.assets[name]
    const routes = plan.routes.get(name)?.map(({ text }) => text) ?? []
    const rules = spec?.rules ?? config.indices[name]?.rules
    const policy = spec?.policy.policy ?? 'fail'
    const minSources = rules?.minSources ?? null
    output.event({ event: 'routes', name, class: spec?.class ?? null, minSources, policy, routes })
    const last = policy === 'fail' ? '' : `policy ${policy}`
    const items = [...routes, ...(last === '' ? [] : [routes.length === 0 ? last : `else ${last}`])]
    // The spaces within a route are no places to break a line.
    const text = items.map((item) => item.replaceAll(' ', HARD)).join(', ')
    const head = routes.length === 0 ? '' : `${minSources}${HARD}of${HARD}${routes.length}: `
    const [first = '', ...more] = wrap(head + text, output.width - 12).map((line) =>
      line.replaceAll(HARD, ' '),
    )
    output.line(` ${output.paint('bold', name.padEnd(9))} ${first}`)
    for (const line of more) output.line(`           ${line}`)
  }
  return Promise.resolve(EXIT.done)
}
