/** The telemetry server of a run. If its port is taken, mining and publishing go on. */
import { isCoded } from '../../base/index.js'
import {
  startTelemetry,
  type Metrics,
  type TelemetryOptions,
  type TelemetryRoutes,
  type TelemetryServer,
} from '../../telemetry/index.js'
import type { CommandContext } from '../program/context.js'
import { versionOf } from '../program/version.js'

type Context = Pick<CommandContext<'telemetry.port' | 'telemetry.host'>, 'settings' | 'log' | 'output'>

export interface ServedMetrics {
  readonly server: TelemetryServer | null
  /** Where page and metrics are, as text for people. */
  readonly text: string
}

/** Metrics alone, of a program that nothing is checked of. */
export const metricsRoutes = (
  metrics: Pick<Metrics, 'render' | 'registry'>,
): Pick<TelemetryRoutes, 'metrics' | 'contentType' | 'live' | 'ready'> => ({
  metrics: () => metrics.render(),
  contentType: metrics.registry.contentType,
  live: () => [],
  ready: () => [],
})

/** The context of a program that serves at a port of its own unless another one is named: several run on one machine. */
export const onPort = (
  { settings, origins, log, output }: Context & Pick<CommandContext<'telemetry.port'>, 'origins'>,
  port: number,
): Context => ({
  ...{ log, output },
  settings: origins['telemetry.port'] === 'default' ? { ...settings, 'telemetry.port': port } : settings,
})

/** A port that cannot be used is replaced by a free one: a line says so, with `--json` a warning in the log. */
export async function serveMetrics(
  { settings, log, output }: Context,
  routes: TelemetryRoutes,
  /** What callers that change something must know, and the names that are ours. */
  live: Pick<TelemetryOptions, 'token' | 'hosts' | 'requests' | 'connections'>,
): Promise<ServedMetrics> {
  const port = settings['telemetry.port']
  if (port === 'off') return { server: null, text: 'off' }
  const options = {
    host: settings['telemetry.host'],
    ...live,
    version: versionOf(),
  }
  const served = (server: TelemetryServer, note = ''): ServedMetrics => ({
    server,
    text: `${server.url}/  (Prometheus: ${server.url}/metrics)${note}`,
  })
  try {
    return served(await startTelemetry(port, routes, options))
  } catch (error) {
    if (!isCoded(error) || port === 0) throw error
    const server = await startTelemetry(0, routes, options)
    if (output.json)
      log.warn(`metrics moved to port ${server.port}`, { code: error.code, reason: error.message })
    return served(server, ` (port ${port} cannot be used)`)
  }
}
