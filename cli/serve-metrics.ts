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

type Context = Pick<CommandContext<'telemetry.port'>, 'settings' | 'log'>

/** Null if it is switched off. A port that cannot be used is replaced by a free one, with a warning. */
export async function serveMetrics(
  { settings, log }: Context,
  { metrics, view }: { metrics: Metrics; view: MinerNumbers },
): Promise<TelemetryServer | null> {
  const port = settings['telemetry.port']
  if (port === 'off') return null
  const routes = {
    metrics: () => metrics.render(),
    contentType: metrics.registry.contentType,
    live: () => liveChecks(view),
    ready: () => readyChecks(view),
  }
  try {
    return await startTelemetry(port, routes)
  } catch (error) {
    if (!isCoded(error) || port === 0) throw error
    const server = await startTelemetry(0, routes)
    log.warn(`metrics moved to port ${server.port}`, { code: error.code, reason: error.message })
    return server
  }
}
