/** What can go wrong in telemetry. */
import { errorsOf } from '../base/index.js'

export const TELEMETRY_ERRORS = {
  E_TELEMETRY_PORT: {
    summary: 'The port for Prometheus cannot be used.',
    remedy: 'Choose another with --metrics-port, 0 for any free one, or off.',
  },
} as const

export const fail = errorsOf(TELEMETRY_ERRORS)
