/** The figures of a farm's load as Markdown, as docs/farm.md shows them. Pure. */
import type { FarmLoad, Phase } from './load.js'
import type { Usage } from './messages.js'

export function loadLines(load: FarmLoad): string[] {
  const { machines, processes, fanOut, last, late, hits, phases } = load
  const ms = ({ p50, p99, most }: FarmLoad['fanOut']): string =>
    `${Math.round(p50)} ms | ${Math.round(p99)} ms | ${Math.round(most)} ms`
  return [
    `${machines} machines in ${processes} processes, ${last.samples} records${late > 0 ? `, ${late} times a machine was late` : ''}.`,
    '',
    '| from a record to hashing it | median | 99 % | most |',
    '| --- | --- | --- | --- |',
    `| any machine | ${ms(fanOut)} |`,
    `| the last machine | ${ms(last)} |`,
    '',
    '| | processor of the coordinator | its memory | its event loop, 99 % | processor of the nats-server | its memory |',
    '| --- | --- | --- | --- | --- | --- |',
    phaseLine('leases alone', phases.quiet),
    phaseLine('a record every three seconds', phases.records),
    phaseLine(`${hits.count} hits at once: ${Math.round(hits.perSecond)} a second`, phases.hits),
  ]
}

function phaseLine(name: string, { coordinator, server }: Phase): string {
  const loop = coordinator.loopP99Ms === null ? '' : `${Math.round(coordinator.loopP99Ms)} ms`
  return `| ${name} | ${usageText(coordinator)} | ${loop} | ${server === null ? 'not told | not told' : usageText(server)} |`
}

const usageText = ({ cpu, rssBytes }: Usage): string =>
  `${Math.round(100 * cpu)} % | ${Math.round(rssBytes / 1024 / 1024)} MiB`
