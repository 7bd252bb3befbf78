/** `pegs create | resume | status | launch-args`: a peg from its plan to READY. */
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { stringify } from 'yaml'

import { writeWhole } from '../../base/index.js'
import {
  accessOf,
  checkLaunch,
  coinsText,
  costOf,
  createKomodoClient,
  createPeg,
  launchLine,
  lockJournal,
  lookSeconds,
  openJournal,
  peekJournal,
  preflight,
  stateOf,
  type CreatorEvent,
  type CreatorOptions,
  type KomodoClient,
  type Operator,
  type PegPlan,
} from '../../komodo/index.js'
import { EXIT } from '../program/context.js'
import { withResources, type Resources } from '../program/resources.js'
import { dataDirOf } from '../network/data-dir.js'
import { startPegsDev, type PegsDev } from './dev.js'
import { feedSectionOf } from './feed-config.js'
import { defaultPegsDir, isDev, journalOf, planFrom, subjectOf, type PegsContext } from './plan.js'

export interface Opened {
  readonly plan: PegPlan
  readonly dataDir: string
  readonly dev: PegsDev | null
  readonly pause: () => Promise<void>
}

/** The plan, and the embedded chains if they are meant. */
export async function openPlan(
  context: PegsContext,
  named: string | undefined,
  resources: Resources,
): Promise<Opened> {
  const { settings, origins, signal, log } = context
  if (!isDev(context)) {
    const dataDir = settings['data.dir'] ?? defaultPegsDir()
    const plan = planFrom(named ?? settings['pegs.plan'])
    const pause = () => wait(lookSeconds(plan) * 1_000, undefined, { signal })
    return { plan, dataDir, dev: null, pause }
  }
  const dataDir = dataDirOf(settings, 'dev')
  const onError = (error: Error) => log.error('the embedded chains stand still', { error })
  const dev = await startPegsDev({ dataDir, onError }, (plan) => journalOf(dataDir, plan), {
    resources,
    signal,
  })
  const isGiven = origins['pegs.plan'] !== 'default'
  // The embedded chain has its own plan; only what a watch may do is taken from a file.
  const plan = isGiven ? { ...dev.plan, watch: planFrom(settings['pegs.plan']).watch } : dev.plan
  return { plan, dataDir, dev, pause: dev.pause }
}

export function clientOf(access: PegPlan['asset'], resources: Resources, timeoutMs?: number): KomodoClient {
  const limit = timeoutMs === undefined ? {} : { timeoutMs }
  const client = createKomodoClient({ access: () => accessOf(access), name: access.name, ...limit })
  resources.add(() => client.close())
  return client
}

export async function create(context: PegsContext, named: string | undefined): Promise<number> {
  const { settings, output, signal } = context
  return withResources(async (resources) => {
    const opened = await openPlan(context, named, resources)
    const { plan, dataDir, pause } = opened
    const file = journalOf(dataDir, plan)
    if (!settings['feed.dryRun']) resources.add(lockJournal(file))
    const options: CreatorOptions = {
      plan,
      asset: clientOf(plan.asset, resources),
      reference: clientOf(plan.reference, resources),
      journal: openJournal(file, subjectOf(plan)),
      signal,
      pause,
      tell: (event) => show(context, event),
      operator: operatorOf(context, opened),
    }
    tellCosts(context, plan)
    if (settings['feed.dryRun']) {
      await preflight(options)
      output.line(' Nothing stands against it. Nothing was sent.')
      return EXIT.done
    }
    await createPeg({ ...options, tell: (event) => (writeFeed(opened, event, file), show(context, event)) })
    return EXIT.done
  })
}

function operatorOf({ settings }: PegsContext, { plan, dev }: Opened): Operator {
  const operator = {
    confirms: settings['confirm.yes'],
    launched: (pegsTxid: string | null) => checkLaunch(plan, pegsTxid),
  }
  if (dev === null) return operator
  return { ...operator, restart: (earlyTxid) => dev.chains.control.restart('asset', 0, { earlyTxid }) }
}

/** The configuration of the feed that the peg needs, beside the journal. */
function writeFeed({ plan, dev }: Opened, event: CreatorEvent, file: string): void {
  if (dev !== null || event.event !== 'pegs.state' || event.state !== 'FEED') return
  const section = feedSectionOf(plan, peekJournal(file) ?? { facts: {} })
  writeWhole(feedFile(file), stringify({ feed: section }), { mode: 0o600 })
}

const feedFile = (journal: string): string => join(dirname(journal), 'feed.yaml')

function tellCosts({ output, settings }: PegsContext, plan: PegPlan): void {
  const { tokens, subscriptions, peg, fees, total, blocks, seconds } = costOf(plan)
  const facts = { tokens, subscriptions, peg, fees, total }
  const amounts = Object.fromEntries(Object.entries(facts).map(([name, sat]) => [name, coinsText(sat)]))
  output.event({
    event: 'pegs.plan',
    chain: plan.asset.name,
    ...amounts,
    blocks,
    seconds,
    dryRun: settings['feed.dryRun'],
  })
  output.line(
    ` ${output.paint('bold', plan.asset.name)}: ${coinsText(total)} coins, ${blocks} blocks, then prices after ${hours(seconds)}`,
  )
  for (const [name, amount] of Object.entries(amounts))
    output.line(`   ${name.padEnd(14)}${amount.padStart(20)}`)
}

const hours = (seconds: number): string => `${(seconds / 3600).toFixed(1)} h`

function show({ output }: PegsContext, event: CreatorEvent): void {
  output.event(event)
  switch (event.event) {
    case 'pegs.state': {
      const { state, height, command, blocksLeft } = event
      const more = typeof blocksLeft === 'number' ? `: ${blocksLeft} blocks until there is a price` : ''
      output.line(` ${String(height).padStart(6)}  ${output.paint('bold', state)}${more}`)
      if (typeof command === 'string') output.command(command)
      return
    }
    case 'pegs.write':
      if (event.stage === 'confirmed') output.line(`         ${event.txid}`)
      return
    case 'pegs.still':
      return output.line(` ${String(event.height).padStart(6)}  ${output.paint('yellow', event.message)}`)
    case 'pegs.deadline':
      return output.line(
        ` ${String(event.height).padStart(6)}  ${event.left} blocks left until height 99, the peg must be in one`,
      )
  }
}

/** By what is written down; the daemons are not asked. */
export async function status(context: PegsContext, named: string | undefined): Promise<number> {
  const { output } = context
  return withResources(async (resources) => {
    const { plan, dataDir } = await openPlan(context, named, resources)
    const journal = peekJournal(journalOf(dataDir, plan))
    const fact = (name: string): string | null => journal?.facts[name] ?? null
    const state = stateOf(plan, { fact })
    const pegstxid = fact('pegsTxid')
    output.event({
      event: 'pegs.status',
      chain: plan.asset.name,
      state,
      pegstxid,
      writes: journal?.writes ?? {},
    })
    output.line(` ${output.paint('bold', plan.asset.name)}  ${state}`)
    for (const [id, { txid }] of Object.entries(journal?.writes ?? {})) {
      output.line(`   ${id}`)
      output.line(`     ${txid}`)
    }
    return EXIT.done
  })
}

export async function launchArgs(context: PegsContext, named: string | undefined): Promise<number> {
  const { output } = context
  return withResources(async (resources) => {
    const { plan, dataDir } = await openPlan(context, named, resources)
    const pegsTxid = peekJournal(journalOf(dataDir, plan))?.facts['pegsTxid'] ?? null
    const command = launchLine(plan, pegsTxid)
    output.event({ event: 'pegs.launch', chain: plan.asset.name, pegstxid: pegsTxid, command })
    output.command(command)
    return EXIT.done
  })
}
