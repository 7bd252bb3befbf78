/** The telemetry server of a run: a port that is taken is no reason not to mine. */
import { isCoded } from '../config/index.js'
import {
  liveChecks,
  readyChecks,
  startTelemetry,
  type Metrics,
  type MinerNumbers,
  type TelemetryServer,
} from '../telemetry/index.js'
import type { CommandContext } from './context.js'

type Context = Pick<CommandContext<'telemetry.port'>, 'settings' | 'log' | 'output'>

export interface ServedMetrics {
  readonly server: TelemetryServer | null
  /** Where they are, for a person. */
  readonly text: string
}

/** A port that cannot be used is replaced by a free one: a line says so, with `--json` a warning in the log. */
export async function serveMetrics(
  { settings, log, output }: Context,
  { metrics, view }: { metrics: Metrics; view: MinerNumbers },
): Promise<ServedMetrics> {
  const port = settings['telemetry.port']
  if (port === 'off') return { server: null, text: 'off' }
  const routes = {
    metrics: () => metrics.render(),
    contentType: metrics.registry.contentType,
    live: () => liveChecks(view),
    ready: () => readyChecks(view),
  }
  const served = (server: TelemetryServer, note = ''): ServedMetrics => ({
    server,
    text: `${server.url}/metrics${note}`,
  })
  try {
    return served(await startTelemetry(port, routes))
  } catch (error) {
    if (!isCoded(error) || port === 0) throw error
    const server = await startTelemetry(0, routes)
    if (output.json)
      log.warn(`metrics moved to port ${server.port}`, { code: error.code, reason: error.message })
    return served(server, ` (port ${port} cannot be used)`)
  }
}
