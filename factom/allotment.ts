/** How many records are published, and why not more: the one place that knows all bounds. Pure. */

export interface Bounds {
  /** Most records of the block, with those of earlier calls and runs. */
  readonly records: number
  /** Entry credits that the address has. */
  readonly credits: number
  /** Most entry credits to spend on the block, and on the day. */
  readonly block: number
  readonly day: number
}

/** What was published and spent before. */
export interface Used {
  readonly records: number
  readonly block: number
  readonly day: number
}

export interface Allotment {
  /** How many are published, from the first one on. */
  readonly publish: number
  /** How many of the following ones the limit of spending keeps back. */
  readonly refuse: number
  /** The limit of spending that is nearer, in words. */
  readonly limit: string
}

/** `costs`: entry credits of the records on offer, the best first. */
export function allot(costs: readonly number[], bounds: Bounds, used: Used): Allotment {
  const [block, day] = [bounds.block - used.block, bounds.day - used.day]
  const wanted = fitting(costs.slice(0, Math.max(0, bounds.records - used.records)), bounds.credits)
  const publish = fitting(costs.slice(0, wanted), Math.min(block, day))
  const limit = block <= day ? `${bounds.block} entry credits a block` : `${bounds.day} entry credits a day`
  return { publish, refuse: wanted - publish, limit }
}

/** How many of them, from the first one on, cost no more than this together. */
function fitting(costs: readonly number[], credits: number): number {
  let left = credits
  const beyond = costs.findIndex((cost) => (left -= cost) < 0)
  return beyond < 0 ? costs.length : beyond
}
