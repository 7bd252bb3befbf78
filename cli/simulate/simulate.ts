/** `pegminer simulate attack`: chances, gains and costs of false prices. */
import { mistake, wrongArgument } from '../../config/index.js'
import {
  AXES,
  HONEST,
  PRESETS,
  simulateAttacks,
  varied,
  type Axis,
  type Preset,
  type Scenario,
} from '../../desk/index.js'
import { ASSETS, networkOf } from '../../pegnet/index.js'
import { createStatus } from '../view/status.js'
import { EXIT } from '../program/context.js'
import { machineOf, threadsOf } from '../service/machine.js'
import { factPrinter } from '../view/facts.js'
import { countText, plural, rateText } from '../view/format.js'
import { requirePicture } from '../view/picture-file.js'
import type { SimulateContext } from './context.js'
import { hashrateOf } from './hashrate.js'
import {
  costText,
  csvHead,
  csvLine,
  resultEvent,
  scenarioText,
  tableHead,
  tableLine,
  type Study,
} from './view.js'

export async function simulate(context: SimulateContext): Promise<number> {
  const { settings, output, signal } = context
  const study = studyOf(context)
  const { axis, values, scenario } = study
  const { 'history.csv': csv, 'history.plot': file } = settings
  requirePicture(file)
  const threads = threadsOf(settings['miner.threads'], machineOf().cores)
  const { 'simulate.blocks': blocks, 'simulate.seed': seed } = settings
  const given = settings['simulate.hashrate'] !== undefined
  const status = createStatus(context)
  if (!csv && !given) status.show('measuring the hashrate of this machine')
  const rate = csv ? null : await hashrateOf(context).finally(() => status.show(''))
  const fact = factPrinter(output)
  output.event({ event: 'attack', claim: study.claim, axis, scenario, blocks, seed, hashrate: rate })
  if (csv) output.line(csvHead(axis))
  else {
    if (study.claim !== null) fact('claim', study.claim)
    fact('supposed', scenarioText(scenario, axis))
    if (rate !== null)
      fact(
        'hashrate',
        `${rateText(rate)}, ${given ? 'as said' : `measured here with ${plural(threads, 'thread')}`}`,
      )
    output.line()
    output.line(output.paint('bold', tableHead(axis)))
  }
  let finished = 0
  const begun = performance.now()
  const total = countText(values.length * blocks)
  const results = await simulateAttacks({
    ...{ blocks, seed, threads, signal },
    scenarios: values.map((value) => (axis === null ? scenario : varied(scenario, axis, value))),
    onBlocks: (done) => status.show(`${countText(done)} of ${total} blocks`),
    onResult: (result) => {
      const value = values[finished++] ?? 0
      status.show('')
      output.event(resultEvent(value, result, rate))
      output.line(csv ? csvLine(value, result) : tableLine(axis === null ? null : value, result))
    },
  }).finally(() => status.show(''))
  const speed = (results.length * blocks * 60_000) / (performance.now() - begun)
  output.event({ event: 'attack.done', blocksPerMinute: Math.round(speed), threads })
  if (!csv) {
    output.line()
    costText(study, results, rate).forEach((text, k) => fact(k === 0 ? 'cost' : '', text))
    fact('speed', `${countText(Math.round(speed))} blocks a minute, ${plural(threads, 'thread')}`)
  }
  if (file !== undefined) {
    const { writeAttackPlot } = await import('./plot.js')
    writeAttackPlot(file, study, results)
    output.event({ event: 'plot', file, panels: ['chances'] })
    if (!csv) fact('picture', file)
  }
  return EXIT.done
}

const wrong = (text: string): Error => mistake('E_CONFIG_VALUE', text)

/** What is played: a preset or a single case, changed by the flags. */
export function studyOf({ settings, positionals }: Pick<SimulateContext, 'settings' | 'positionals'>): Study {
  const [word, name] = positionals
  const names = Object.keys(PRESETS)
  if (word !== 'attack')
    throw wrongArgument(`say what to simulate: pegminer simulate attack [${names.join('|')}]`)
  if (name !== undefined && !names.includes(name))
    throw wrongArgument(`there is no preset "${name}"; there are ${names.join(', ')}`)
  const preset: Preset | undefined = name === undefined ? undefined : PRESETS[name as keyof typeof PRESETS]
  const scenario = changed(preset?.scenario ?? HONEST, settings)
  const { 'simulate.vary': vary, 'simulate.values': list } = settings
  if (vary !== undefined && list === undefined && vary !== preset?.axis) throw wrong('--vary needs --values')
  const axis: Axis | null = vary ?? preset?.axis ?? null
  if (list !== undefined && axis === null) throw wrong('--values needs --vary')
  const values = list ?? preset?.values ?? [0]
  const study = { name: name ?? null, claim: preset?.claim ?? null, axis, values, scenario }
  values.forEach((value) => check(axis === null ? scenario : varied(scenario, axis, value)))
  if (settings['history.csv'] && settings['output.json']) throw wrong('give --csv or --json, not both')
  return study
}

function changed(before: Scenario, settings: SimulateContext['settings']): Scenario {
  const { liars } = before
  const part = (percent: number | undefined): number | undefined =>
    percent === undefined ? undefined : percent / 100
  const asset = settings['simulate.asset']
  return {
    ...before,
    height: settings['simulate.height'] ?? before.height,
    miners: settings['simulate.miners'] ?? before.miners,
    stakers: settings['simulate.stakers'] ?? before.stakers,
    lyingStakers: settings['simulate.lyingStakers'] ?? before.lyingStakers,
    moved: part(settings['simulate.moved']) ?? before.moved,
    liars: {
      share: part(settings['simulate.share']) ?? liars.share,
      by: part(settings['simulate.lie']) ?? liars.by,
      records: settings['simulate.records'] ?? liars.records,
      groups: settings['simulate.groups'] ?? liars.groups,
      asset: asset === undefined ? liars.asset : /^all$/i.test(asset) ? 'all' : asset.toUpperCase(),
    },
  }
}

const LEAST: Readonly<Record<Axis, readonly [number, number]>> = {
  share: [0, 99],
  lie: [-90, 1000],
  records: [1, 50],
  groups: [1, 20],
  height: [206_422, 4_294_967_295],
  stakers: [0, 100],
}

/** What a flag alone cannot say. */
function check({ height, liars, stakers, lyingStakers, miners }: Scenario): void {
  const { asset, share, by, records, groups } = liars
  const version = networkOf('MainNet').oprVersionAt(height)
  const given = { share: share * 100, lie: by * 100, records, groups, height, stakers: lyingStakers }
  for (const axis of Object.keys(AXES) as Axis[]) {
    const [least, most] = LEAST[axis]
    const value = given[axis]
    const whole = axis === 'share' || axis === 'lie' || Number.isInteger(value)
    if (!whole || value < least || value > most + 1e-9)
      throw wrong(
        `${axis} is ${value}: it must be ${whole ? 'from' : 'a whole number from'} ${least} to ${most}`,
      )
  }
  if (asset !== 'all' && !ASSETS[version].includes(asset))
    throw wrong(`records of version ${version} have no price of ${asset}`)
  if (lyingStakers > stakers) throw wrong(`${lyingStakers} staking records lie, but there are ${stakers}`)
  if (miners * 10 + records < 50 && share < 1 && miners < 3)
    throw wrong('3 honest miners or more are needed for a block that is graded')
}
