/**
 * Settings that are read again while a program runs: what has changed, what of it counts at once, what waits for the
 * next start. The user's file is only ever read.
 */
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { isCoded, isMapping, messageOf, wallMs } from '../../base/index.js'
import { problemsOf, settingOf, watchFile, type SettingKey, type WatchOptions } from '../../config/index.js'
import type { Metrics } from '../../telemetry/index.js'
import type { Reread, CommandInput } from '../program/context.js'
import { shownSettings } from '../program/shown.js'

export interface Change {
  /** Of a setting, or the path of a part of a section. */
  readonly key: string
  /** As they may be shown; '' for parts of sections. */
  readonly from: string
  readonly to: string
}

export interface Changes {
  readonly live: readonly Change[]
  readonly restart: readonly Change[]
}

/** Keys of settings, and names of sections, that are new. */
export type ChangedNames = ReadonlySet<string>

export interface ReloadOptions<K extends SettingKey, S> {
  /** What holds at the start. */
  readonly given: CommandInput<K, S>
  readonly again: Reread<K, S>
  /** Settings that mean something in this run. */
  readonly keys: readonly K[]
  /** Sections that `apply` takes over; others wait for the next start. */
  readonly liveSections: readonly (keyof S & string)[]
  /**
   * Puts into effect what has changed, all or nothing; `next` is what holds then. Returns names that wait for the next
   * start for once. Throws if it cannot be.
   */
  readonly apply: (
    next: CommandInput<K, S>,
    changed: ChangedNames,
  ) => Promise<readonly string[]> | readonly string[]
  readonly tell: (level: 'info' | 'warn' | 'error', code: string, message: string) => void
  readonly onBegin?: (trigger: Trigger) => void
  /** For programs: the whole of it. */
  readonly onReload?: (report: ReloadReport) => void
  readonly metrics: Pick<Metrics, 'tree'>
  readonly now?: () => number
  readonly watch?: WatchOptions
}

export interface ReloadReport extends Changes {
  readonly trigger: Trigger
  readonly ok: boolean
  readonly problems: readonly { readonly code: string; readonly message: string }[]
}

export type Trigger = 'signal' | 'file'

export interface Reloader<K extends SettingKey, S> {
  /** What holds now: of what waits for the next start, the old. */
  readonly given: CommandInput<K, S>
  /** One at a time; never rejects. */
  reload(trigger: Trigger): Promise<void>
  /** Nothing is read again; waits for what is under way. */
  close(): Promise<void>
}

export function createReloader<K extends SettingKey, S>(options: ReloadOptions<K, S>): Reloader<K, S> {
  const { again, tell, now = wallMs } = options
  const { config: tree } = options.metrics.tree
  let holding = options.given
  const rawOf = (name: string): unknown =>
    (isOf(options.liveSections, name) ? holding : options.given).config?.sectionOf(name)
  let queue = Promise.resolve()
  let closed = false

  for (const result of ['success', 'failure']) tree.reloads.inc({ result }, 0)
  const count = (ok: boolean): void => {
    tree.reloads.inc({ result: ok ? 'success' : 'failure' })
    tree.reloadOk.set(ok ? 1 : 0)
    if (ok) tree.reloadTime.set(now() / 1000)
  }
  tree.reloadOk.set(1)
  tree.reloadTime.set(now() / 1000)

  async function attempt(): Promise<Changes> {
    const next = await again.read()
    if (next.problems.length > 0) throw new Refused(next.problems)
    const changes = changesOf(holding, next, { ...options, rawOf })
    const mixed = mixOf(holding, next, options)
    const changed = new Set([...changes.live.map(({ key }) => key), ...liveSectionsIn(changes, options)])
    const late = changed.size === 0 ? [] : await options.apply(mixed, changed)
    again.setLogLevel((mixed.settings as { 'log.level'?: 'info' })['log.level'] ?? 'info')
    holding = withOld(mixed, holding, late as readonly K[])
    return {
      live: changes.live.filter(({ key }) => !late.includes(key)),
      restart: [...changes.restart, ...changes.live.filter(({ key }) => late.includes(key))],
    }
  }

  async function run(trigger: Trigger): Promise<void> {
    if (closed) return
    options.onBegin?.(trigger)
    try {
      const { live, restart } = await attempt()
      count(true)
      const lists = [
        live.length === 0 ? '' : live.map(changeText).join(', '),
        restart.length === 0 ? '' : `wait for a restart: ${restart.map(changeText).join(', ')}`,
      ].filter((text) => text !== '')
      tell(
        restart.length === 0 ? 'info' : 'warn',
        'E_CLI_RELOADED',
        `settings read again: ${lists.length === 0 ? 'nothing has changed' : lists.join('; ')}`,
      )
      options.onReload?.({ trigger, ok: true, live, restart, problems: [] })
    } catch (error) {
      count(false)
      const problems = problemsIn(error)
      for (const { code, message } of problems) tell('error', code, message)
      tell('error', 'E_CLI_RELOAD', 'the new settings cannot be used; those of before hold on')
      options.onReload?.({ trigger, ok: false, live: [], restart: [], problems })
    }
  }

  const reload = (trigger: Trigger): Promise<void> => (queue = queue.then(() => run(trigger)))
  const stops = [again.onHangUp(() => void reload('signal'))]
  const { config } = options.given
  if (config !== undefined)
    stops.push(
      watchFile(
        join(config.folder, basename(config.name)),
        config.stamp,
        () => void reload('file'),
        options.watch,
      ),
    )
  return {
    get given() {
      return holding
    },
    reload,
    close: () => {
      closed = true
      for (const stop of stops) stop()
      return queue
    },
  }
}

class Refused extends Error {
  constructor(readonly problems: readonly { readonly code: string; readonly message: string }[]) {
    super('the settings are wrong')
  }
}

function problemsIn(error: unknown): readonly { readonly code: string; readonly message: string }[] {
  if (error instanceof Refused) return error.problems
  const code = isCoded(error) ? error.code : 'E_CLI_INTERNAL'
  return problemsOf(error) ?? [{ code, message: messageOf(error) }]
}

type Which<K extends SettingKey, S> = Pick<ReloadOptions<K, S>, 'keys' | 'liveSections'>

/** What differs between what holds and a reading. `rawOf`: sections of what holds, as plain values. Pure. */
function changesOf<K extends SettingKey, S>(
  before: CommandInput<K, S>,
  after: CommandInput<K, S>,
  { keys, liveSections, rawOf }: Which<K, S> & { readonly rawOf: (name: string) => unknown },
): Changes {
  const differing = keys.filter((key) => !isDeepStrictEqual(before.settings[key], after.settings[key]))
  const [from, to] = [shownSettings(before, differing), shownSettings(after, differing)]
  const settings = from.map(({ key, value }, k): Change => ({ key, from: value, to: to[k]?.value ?? '' }))
  const sections = Object.keys(before.sections as object).flatMap((name) => {
    const paths = changedPaths(rawOf(name), after.config?.sectionOf(name), name)
    // The file may say the same, and a file that it names something else.
    const hasNewSecrets = !isDeepStrictEqual(before.sectionSecrets[name], after.sectionSecrets[name])
    return (paths.length === 0 && hasNewSecrets ? [name] : paths).map((key): Change => ({
      key,
      from: '',
      to: '',
    }))
  })
  const isLive = ({ key }: Change): boolean =>
    isOf(keys, key) ? settingOf(key).reload === 'live' : liveSections.some((name) => isIn(key, name))
  const all = [...settings, ...sections]
  return { live: all.filter(isLive), restart: all.filter((change) => !isLive(change)) }
}

const isOf = <T extends string>(list: readonly T[], word: string): word is T => list.includes(word as T)
const isIn = (path: string, section: string): boolean => path === section || path.startsWith(`${section}.`)

const liveSectionsIn = <K extends SettingKey, S>(
  { live }: Changes,
  { liveSections }: Which<K, S>,
): readonly string[] => liveSections.filter((name) => live.some(({ key }) => isIn(key, name)))

/** Where two plain values differ, two steps deep: `prices.sources.kraken`. */
function changedPaths(before: unknown, after: unknown, path: string, depth = 2): string[] {
  if (isDeepStrictEqual(before, after)) return []
  if (depth === 0 || !isMapping(before) || !isMapping(after)) return [path]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
    changedPaths(before[key], after[key], `${path}.${key}`, depth - 1),
  )
}

/** What holds when the live part of `next` is taken over. */
function mixOf<K extends SettingKey, S>(
  old: CommandInput<K, S>,
  next: CommandInput<K, S>,
  { keys, liveSections }: Which<K, S>,
): CommandInput<K, S> {
  const waiting = keys.filter((key) => settingOf(key).reload !== 'live')
  const mixed = withOld(next, old, waiting)
  const names = Object.keys(next.sections as object) as (keyof S & string)[]
  const sections = Object.fromEntries(
    names.map((name) => [name, (isOf(liveSections, name) ? next : old).sections[name]]),
  ) as S
  const sectionSecrets = Object.fromEntries(
    names.map((name) => [name, (isOf(liveSections, name) ? next : old).sectionSecrets[name] ?? []]),
  )
  return { ...mixed, sections, sectionSecrets }
}

/** `given` with these settings as they are in `old`. */
function withOld<K extends SettingKey, S>(
  given: CommandInput<K, S>,
  old: CommandInput<K, S>,
  keys: readonly K[],
): CommandInput<K, S> {
  const over = <T extends Readonly<Record<K, unknown>>>(part: (of: CommandInput<K, S>) => T): T => ({
    ...part(given),
    ...(Object.fromEntries(keys.map((key) => [key, part(old)[key]])) as T),
  })
  return {
    ...given,
    settings: over((of) => of.settings),
    origins: over((of) => of.origins),
    places: over((of) => of.places),
    texts: over((of) => of.texts),
  }
}

const changeText = ({ key, from, to }: Change): string =>
  from === to ? key : `${key} ${from === '' ? 'none' : from} → ${to === '' ? 'none' : to}`
