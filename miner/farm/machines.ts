/** The workers of a farm as the coordinator knows them: health, standing, lease. Pure bookkeeping. */
import type { Ask, Health } from './messages.js'
import { createStanding, isUserRefused, type Standing } from './standing.js'
import { textOfWorker, type WorkerId } from './table.js'

/** A worker as far as its hits go. */
export interface Sender {
  readonly id: WorkerId
  /** `USER.NAME`. */
  readonly text: string
  readonly standing: Standing
}

export interface Machine extends Sender {
  /** Its place in the list of members; another machine's, once this one has left or is forgotten. */
  readonly slot: number
  health: Health
  /** Of its program, and the number of its last question; how many of this run were heard. */
  run: string
  number: number
  questions: number
  /** Earlier runs of its program, as far as one of their questions may still be under way. */
  runs: readonly string[]
  /** When it was last heard of, monotonic. */
  heardMs: number
  /** Counters that it had not hashed when it was last heard of, with those that it was given then. */
  counters: bigint
  /** From the assignment of the last record that it hashed until it was given counters of it; null: none yet. */
  lagMs: number | null
  /** `missing`: its lease has lapsed; `left`: it has said goodbye. */
  state: 'here' | 'missing' | 'left'
  /** Hashes that earlier machines of this slot, and earlier runs, counted. */
  before: bigint
}

export type Machines = ReturnType<typeof createMachines>

/** Names cost nothing, so there is an end of them. */
const MOST_MACHINES = 20_000
/** A machine that is missing is shown for so long before its place is given away. */
const FORGOTTEN_MS = 15 * 60_000

/** A question is given up after two seconds; none of an older run comes after so many new ones. */
const RUNS = 8

/** @param refused by earlier coordinators, with the reason */
export function createMachines(refused: ReadonlyMap<string, string> = new Map()) {
  const machines = new Map<string, Machine>()
  /** By slot; a machine that is away gives its place to the next one that comes. */
  const slots: Machine[] = []
  /** Those that hold something of the record at hand, or were refused. */
  const absent = new Map<string, Sender>()
  const refusedOf = new Map<string, number>()
  for (const [user = ''] of [...refused.keys()].map((text) => text.split('.'))) countRefused(user)

  function countRefused(user: string): void {
    refusedOf.set(user, (refusedOf.get(user) ?? 0) + 1)
  }

  const countOf = ({ before, health }: Machine): bigint => before + health.hashes

  function admit(id: WorkerId, ask: Ask, nowMs: number): Machine | null {
    const text = textOfWorker(id)
    const vacant = slots.findIndex(
      ({ state, standing, heardMs }) =>
        standing.refused === null &&
        (state === 'left' || (state === 'missing' && nowMs - heardMs > FORGOTTEN_MS)),
    )
    const slot = vacant < 0 ? slots.length : vacant
    if (slot >= MOST_MACHINES) return null
    const left = slots[slot]
    if (left !== undefined) machines.delete(left.text)
    const standing = absent.get(text)?.standing ?? createStanding(refused.get(text) ?? null)
    absent.delete(text)
    const machine: Machine = {
      ...{ id, text, slot, health: ask.health, heardMs: nowMs, state: ask.leaves ? 'left' : 'here' },
      ...{ standing, counters: ask.left, lagMs: null },
      ...{ run: ask.run, number: ask.number, questions: 1, runs: [] },
      before: left === undefined ? 0n : countOf(left),
    }
    slots[slot] = machine
    machines.set(text, machine)
    return machine
  }

  /** Its program was started again: it counts from nothing, and holds nothing of what it was given. */
  function beginRun(machine: Machine, { run, health }: Ask): void {
    machine.before = countOf(machine)
    machine.runs = [machine.run, ...machine.runs].slice(0, RUNS)
    Object.assign(machine, { run, health, questions: 0 })
  }

  return {
    /**
     * Null: there are too many, or the machine is refused; then `refusal` says why. `late`: the worker has asked again
     * since, so nothing of this question is true any more.
     */
    hear(id: WorkerId, ask: Ask, nowMs: number): Machine | 'late' | null {
      const machine = machines.get(textOfWorker(id))
      if (machine === undefined) return admit(id, ask, nowMs)
      if (ask.run !== machine.run) {
        if (machine.runs.includes(ask.run)) return 'late'
        beginRun(machine, ask)
      } else if (ask.number <= machine.number && ask.run !== '') return 'late'
      machine.number = ask.number
      machine.questions++
      // A counter that went back would count twice what was counted.
      if (ask.health.hashes >= machine.health.hashes) machine.health = ask.health
      Object.assign(machine, { heardMs: nowMs, counters: ask.left, state: ask.leaves ? 'left' : 'here' })
      return machine
    },
    refusal({ user, name }: WorkerId): string | null {
      if (isUserRefused(refusedOf.get(user) ?? 0)) return `too many machines of ${user} were refused`
      const text = textOfWorker({ user, name })
      return (machines.get(text) ?? absent.get(text))?.standing.refused ?? null
    },
    find: (text: string) => machines.get(text),
    /** A worker that has not asked this coordinator, or not since its place was given away. */
    absent(id: WorkerId): Sender {
      const text = textOfWorker(id)
      const sender = absent.get(text) ?? { id, text, standing: createStanding(refused.get(text) ?? null) }
      absent.set(text, sender)
      return sender
    },
    /** The worker is refused from now on. */
    refuse: ({ id: { user } }: Sender) => countRefused(user),
    /** Those that were not heard of for so long are missing from now on. */
    lapsed(nowMs: number, lifeMs: number): Machine[] {
      const gone = slots.filter(({ state, heardMs }) => state === 'here' && nowMs - heardMs > lifeMs)
      for (const machine of gone) machine.state = 'missing'
      return gone
    },
    /** Another record is at hand. */
    begin(): void {
      for (const { standing } of slots) standing.begin()
      for (const [text, { standing }] of absent) if (standing.refused === null) absent.delete(text)
    },
    all: slots as readonly Machine[],
    members: () =>
      slots.map((machine) => ({
        slot: machine.slot,
        hashes: countOf(machine),
        // Whether it gives a sign of life is a matter of its lease: it is no thread that could be started again.
        beatAgeMs: 0,
      })),
    get hashes(): bigint {
      return slots.reduce((sum, machine) => sum + countOf(machine), 0n)
    },
  }
}
