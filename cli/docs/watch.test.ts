/** Metrics in code, alert rules, dashboards and the runbook hold together. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'

import { ALARMS, createMetrics, METRIC_LIST, runbookPage } from '../../telemetry/index.js'
import { BENCH_METRICS } from '../bench/metrics.js'
import { grafanaFiles } from './dashboards.js'
import { docPages } from './pages.js'

const PROMETHEUS = fileURLToPath(new URL('../../config/prometheus/', import.meta.url))
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string; readonly runbook_url: string }
}

const rulesOf = (file: string): Rule[] =>
  (parse(read(`config/prometheus/${file}`)) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  )
const rules = ['pegminer', 'feed', 'pegs', 'basket', 'peg-watch'].flatMap((name) =>
  rulesOf(`${name}.rules.yml`),
)

t.test('each alarm of the table is a rule, and each of its notices is a code of the program', (t) => {
  t.same(
    rules.map(({ alert }) => alert),
    ALARMS.map(({ id }) => id),
  )
  const codes = docPages()['errors.md'] ?? ''
  for (const { id, notices = [], watchdog } of ALARMS)
    for (const code of [...notices, ...(watchdog ? [watchdog.code] : [])]) t.match(codes, `\`${code}\``, id)
  t.end()
})

interface Expected {
  readonly exp_labels: Readonly<Record<string, string>>
  readonly exp_annotations: Readonly<Record<string, string>>
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string
      readonly exp_alerts: readonly Expected[]
    }[]
  }[]
}
const ruleTests = ['pegminer', 'feed', 'pegs', 'basket', 'peg-watch'].flatMap((name) =>
  (parse(read(`config/prometheus/${name}.rules.test.yml`)) as RuleTests).tests.flatMap(
    ({ alert_rule_test }) => alert_rule_test,
  ),
)

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** A template of Prometheus, with numbers left open. */
const formOf = (template: string, labels: Readonly<Record<string, string>>): RegExp =>
  new RegExp(
    `^${template
      .split(/(\{\{[^}]*\}\})/)
      .map((part) => {
        const [, label] = /\$labels\.(\w+)/.exec(part) ?? []
        if (label === undefined && part.startsWith('{{')) return '.+'
        return escaped(label === undefined ? part : (labels[label] ?? ''))
      })
      .join('')}$`,
  )

t.test('the unit tests of the rules expect what the rules say', (t) => {
  for (const { alertname, exp_alerts } of ruleTests)
    for (const { exp_labels, exp_annotations } of exp_alerts) {
      const { annotations, labels } = rules.find(({ alert }) => alert === alertname)!
      t.same(Object.keys(exp_annotations).sort(), Object.keys(annotations).sort(), alertname)
      t.equal(exp_labels['severity'], labels.severity, alertname)
      for (const [name, template] of Object.entries(annotations))
        t.match(exp_annotations[name], formOf(template, exp_labels), `${alertname}: ${name}`)
    }
  t.end()
})

t.test('each alert is raised by a test of the rules', (t) => {
  const raised = ruleTests.flatMap(({ alertname, exp_alerts }) => (exp_alerts.length > 0 ? [alertname] : []))
  t.same(
    rules.flatMap(({ alert }) => (raised.includes(alert) ? [] : [alert])),
    [],
  )
  t.end()
})

interface Dashboard {
  readonly uid: string
  readonly panels: readonly {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}
const dashboards = Object.values(grafanaFiles()).map((text) => JSON.parse(text) as Dashboard)

const expressions = dashboards.flatMap(({ panels }) =>
  panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr)),
)

/** Names of metrics in an expression, without what a histogram adds. */
const namesIn = (expression: string): string[] =>
  [...expression.replace(/"[^"]*"/g, '').matchAll(/\b(?:pegnet|nodejs|process)_\w+|\bup\b/g)].map(([name]) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  )

/** Labels that an expression asks a metric for. */
const labelsIn = (expression: string): [metric: string, label: string][] =>
  [...expression.matchAll(/\b((?:pegnet)_\w+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']): [string, string] => [
      metric.replace(/_(bucket|sum|count)$/, ''),
      label,
    ]),
  )

t.test('every name in rules and dashboards is one of code', async (t) => {
  const text = await createMetrics({ version: '1', network: 'dev' }).render()
  const standard = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name]) => name)
  const specs = [...METRIC_LIST, ...Object.values(BENCH_METRICS)]
  const known = new Set([...specs.map(({ name }) => name), ...standard, 'up'])
  for (const expression of [...rules.map(({ expr }) => expr), ...expressions]) {
    t.ok(namesIn(expression).length > 0, expression)
    for (const name of namesIn(expression)) t.ok(known.has(name), `${name} in ${expression}`)
    for (const [metric, label] of labelsIn(expression)) {
      const labels: readonly string[] = specs.find(({ name }) => name === metric)?.labels ?? []
      t.ok(label === 'instance' || labels.includes(label), `${metric} has the label ${label}`)
    }
  }
})

t.test('every metric of code is watched or shown', (t) => {
  const used = new Set([...rules.map(({ expr }) => expr), ...expressions].flatMap(namesIn))
  for (const { name } of [...METRIC_LIST, ...Object.values(BENCH_METRICS)]) t.ok(used.has(name), name)
  t.end()
})

t.test('every alert says how urgent it is and where its entry in the runbook is', (t) => {
  const book = read('docs/alerts.md')
  const page = runbookPage()
  const entries = [...book.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  t.same(
    rules.map(({ alert }) => alert),
    entries,
    'one entry an alert, in the same order',
  )
  for (const { alert, labels, annotations, ...rule } of rules) {
    t.match(rule.for, /^\d+[sm]$/, alert)
    t.match(labels.severity, /^(critical|warning|info)$/)
    t.match(annotations.summary, /\{\{ \$labels\.(instance|gateway) \}\}/, 'names what it is about')
    t.equal(annotations.runbook, `docs/alerts.md#${alert.toLowerCase()}`)
    t.equal(annotations.runbook_url, `http://{{ $labels.instance }}/runbook#${alert.toLowerCase()}`)
    for (const [, labels = ''] of rule.expr.matchAll(/\bby \(([^)]*)\)/g))
      t.match(labels, /\binstance\b/, `${alert}: without its instance the link leads nowhere`)
    t.match(page, `id="${alert.toLowerCase()}"`, 'the page has the anchor')
  }
  t.end()
})

t.test('dashboards', (t) => {
  t.equal(new Set(dashboards.map(({ uid }) => uid)).size, dashboards.length)
  for (const { uid, panels } of dashboards) {
    t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, `${uid}: numbers of panels`)
    const cells = new Set<string>()
    for (const { title, type, gridPos, fieldConfig, targets } of panels) {
      t.ok(gridPos.x + gridPos.w <= 24, `${uid}: ${title} is within the grid`)
      for (let k = 0; k < gridPos.w * gridPos.h; k++) {
        const cell = `${gridPos.x + (k % gridPos.w)} ${gridPos.y + Math.floor(k / gridPos.w)}`
        if (cells.has(cell)) t.fail(`${uid}: ${title} lies over another panel`)
        cells.add(cell)
      }
      if (type === 'row' || type === 'text') continue
      t.ok(fieldConfig?.defaults.unit, `${uid}: ${title} has a unit`)
      t.ok((targets ?? []).length > 0 && title !== '')
    }
  }
  t.end()
})

const promtool = process.env['PEGMINER_TEST_PROMTOOL'] ?? ''
const skip = promtool === '' && 'set PEGMINER_TEST_PROMTOOL to the path of promtool to run it'

t.test('promtool: the rules do what they say', { skip }, (t) => {
  const run = (...words: string[]) => spawnSync(promtool, words, { cwd: PROMETHEUS, encoding: 'utf8' })
  for (const words of [
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'pegminer.rules.yml'],
    ['test', 'rules', 'pegminer.rules.test.yml'],
    ['check', 'rules', 'feed.rules.yml'],
    ['test', 'rules', 'feed.rules.test.yml'],
    ['check', 'rules', 'pegs.rules.yml'],
    ['test', 'rules', 'pegs.rules.test.yml'],
    ['check', 'rules', 'basket.rules.yml'],
    ['test', 'rules', 'basket.rules.test.yml'],
    ['check', 'rules', 'peg-watch.rules.yml'],
    ['test', 'rules', 'peg-watch.rules.test.yml'],
  ]) {
    const { status, stdout, stderr } = run(...words)
    t.equal(status, 0, `promtool ${words.join(' ')}: ${stdout}${stderr}`)
  }
  // JSON is YAML too: each panel's query as a rule of its own.
  const queries = expressions.map((expression) => ({
    record: 'panel',
    expr: expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, 'x'),
  }))
  const file = join(
    t.testdir({ 'panels.json': JSON.stringify({ groups: [{ name: 'panels', rules: queries }] }) }),
    'panels.json',
  )
  const panels = run('check', 'rules', '--lint=none', file)
  t.equal(panels.status, 0, `queries of the panels: ${panels.stdout}${panels.stderr}`)
  t.end()
})
