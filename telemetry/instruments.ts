/** The catalog of metrics as counters, gauges and histograms on a registry, in one typed tree. */
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type * as PromClient from 'prom-client'

import { lazily } from '../base/index.js'
import { METRICS, type MetricSpec } from './catalog.js'

export const promClient = lazily<typeof PromClient>('prom-client')

type Instrument<S> =
  S extends MetricSpec<infer L>
    ? S['kind'] extends 'counter'
      ? Counter<L>
      : S['kind'] extends 'gauge'
        ? Gauge<L>
        : Histogram<L>
    : never
type Instruments<T> = {
  readonly [K in keyof T]: T[K] extends MetricSpec ? Instrument<T[K]> : Instruments<T[K]>
}

export type MetricTree = Instruments<typeof METRICS>

export const createInstruments = (registry: Registry): MetricTree =>
  instrumentsOf(METRICS, registry) as MetricTree

type Node = MetricSpec | { readonly [key: string]: MetricSpec }

function instrumentsOf(specs: Readonly<Record<string, Node>>, registry: Registry): unknown {
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => [
      key,
      typeof spec['kind'] === 'string'
        ? instrumentOf(spec as MetricSpec, registry)
        : instrumentsOf(spec as Record<string, MetricSpec>, registry),
    ]),
  )
}

function instrumentOf(spec: MetricSpec, registry: Registry): Counter | Gauge | Histogram {
  const { Counter, Gauge, Histogram } = promClient()
  const common = { name: spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] }
  if (spec.kind === 'counter') return new Counter(common)
  if (spec.kind === 'gauge') {
    const gauge = new Gauge(common)
    // A gauge begins with 0, which would be false before it was measured: no credits, no lag.
    if (spec.labels.length === 0) gauge.remove()
    return gauge
  }
  return new Histogram({ ...common, ...(spec.buckets ? { buckets: [...spec.buckets] } : {}) })
}
