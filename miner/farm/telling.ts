/** What the machines are told of the record at hand: put on the server at each change. */
import type { Job } from '../work/workforce.js'
import type { JobPlace } from './jobs.js'
import { SCHEMA, write, type FarmByteMap, type FarmJob } from './messages.js'

/** Of the farm, whatever the record. */
export interface FarmFacts {
  readonly network: string
  readonly byteMap: FarmByteMap
  readonly machineId: number
}

export function createTelling(facts: FarmFacts, place: Pick<JobPlace, 'put'>) {
  let record: FarmJob['record'] = null
  let isOpen = false
  let isPaused = false
  function put(): void {
    const state = !isOpen ? 'idle' : isPaused ? 'paused' : 'open'
    place.put({ ...emptyJob(facts), state, record })
  }
  return {
    /** The record is to be hashed. `ahead` names the counters that were handed out before it. */
    begin({ height, oprHash, floor, keep }: Job, ahead: string): void {
      record = { height, oprHash, floor, keep, ahead }
      isOpen = true
      put()
    },
    /** No record is. */
    end(): void {
      isOpen = false
      put()
    },
    pause(paused: boolean): void {
      isPaused = paused
      put()
    },
  }
}

/** Whether a job of another coordinator is of the same farm: it is hashed on until there is a new one. */
export const isOfSameFarm = (job: FarmJob | null, facts: FarmFacts): boolean =>
  job !== null && write({ ...job, state: 'idle', record: null }) === write(emptyJob(facts))

const emptyJob = ({ network, byteMap, machineId }: FarmFacts): FarmJob => ({
  ...{ v: SCHEMA, state: 'idle', network, byteMap, machineId, record: null },
})
