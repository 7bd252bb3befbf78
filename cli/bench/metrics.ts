/** Metrics of a benchmark: served while it runs, and pushed to a Pushgateway after each measurement. */
import { hostname } from 'node:os'
import { Counter, Gauge, Registry } from 'prom-client'
import { BENCH_ERRORS, type BenchCell } from '../../bench/index.js'
import { errorsOf, isLoopback, loadAxios, messageOf } from '../../base/index.js'
import { startTelemetry, type MetricSpec, type TelemetryServer } from '../../telemetry/index.js'

const CELL_LABELS = ['bits', 'threads', 'kernel', 'pages'] as const

/** Listed in `docs/metrics.md`. */
export const BENCH_METRICS = {
  hashes: {
    kind: 'gauge',
    name: 'pegnet_bench_hashes_per_second',
    help: 'pegminer bench: hashrate of a finished measurement, the median of its samples.',
    labels: CELL_LABELS,
  },
  limit: {
    kind: 'gauge',
    name: 'pegnet_bench_gather_reads_per_second',
    help: 'pegminer bench: random reads of the same threads when they do nothing else.',
    labels: CELL_LABELS,
  },
  checks: {
    kind: 'counter',
    name: 'pegnet_bench_wrong_checksums_total',
    help: 'pegminer bench: measurements whose hashes were not those of the reference. Above 0: check the memory.',
    labels: [],
  },
  stress: {
    kind: 'counter',
    name: 'pegnet_bench_stress_errors_total',
    help: 'pegminer bench --stress: checks that failed.',
    labels: ['thread'],
  },
} as const satisfies Record<string, MetricSpec>

export type BenchMetrics = ReturnType<typeof createBenchMetrics>

export function createBenchMetrics() {
  const registry = new Registry()
  const common = ({ name, help, labels }: MetricSpec) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  })
  const hashes = new Gauge(common(BENCH_METRICS.hashes))
  const limit = new Gauge(common(BENCH_METRICS.limit))
  const checks = new Counter(common(BENCH_METRICS.checks))
  const stress = new Counter(common(BENCH_METRICS.stress))
  return {
    registry,
    cell: ({ bits, threads, kernel, pages, hashesPerSecond, gatherLimit, checksumOk }: BenchCell) => {
      const labels = { bits, threads, kernel, pages }
      hashes.set(labels, hashesPerSecond)
      limit.set(labels, gatherLimit)
      checks.inc(checksumOk === false ? 1 : 0)
    },
    /** Errors so far. */
    stressed: (thread: number, errors: number) => {
      stress.remove({ thread })
      stress.inc({ thread }, errors)
    },
  }
}

/** Throws E_TELEMETRY_PORT. */
export function serveBenchMetrics(port: number, { registry }: BenchMetrics): Promise<TelemetryServer> {
  const checks = () => [{ name: 'running', ok: true, found: 'measuring' }]
  return startTelemetry(port, {
    metrics: () => registry.metrics(),
    contentType: registry.contentType,
    live: checks,
    ready: checks,
  })
}

const fail = errorsOf(BENCH_ERRORS)
const PUSH_MS = 5_000
const MOST_REPLY_BYTES = 65_536

/** Replaces what the gateway had of this machine. The address may hold a password: errors do not repeat it. Throws E_BENCH_PUSH. */
export async function pushMetrics(gateway: string, { registry }: BenchMetrics): Promise<void> {
  const url = `${gateway.replace(/\/+$/, '')}/metrics/job/pegminer_bench/instance/${encodeURIComponent(hostname())}`
  const axios = await loadAxios()
  try {
    await axios.put(url, await registry.metrics(), {
      headers: { 'content-type': registry.contentType },
      timeout: PUSH_MS,
      signal: AbortSignal.timeout(2 * PUSH_MS),
      maxContentLength: MOST_REPLY_BYTES,
      maxRedirects: 0,
      responseType: 'text',
      ...(isLoopback(gateway) ? { proxy: false as const } : {}),
    })
  } catch (error) {
    const { response } = error as { readonly response?: { readonly status?: number } }
    const why = response?.status === undefined ? messageOf(error) : `it answered ${response.status}`
    throw fail('E_BENCH_PUSH', `the Pushgateway did not take the results: ${why}`)
  }
}
