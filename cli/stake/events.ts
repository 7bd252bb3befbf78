/** What becomes of each event of staking: it is printed, and measured. */
import type { StakeEvent } from '../../miner/index.js'
import { type Metrics, oneLine } from '../../telemetry/index.js'
import type { Output } from '../program/output.js'
import type { Line } from '../view/lines.js'

export interface StakeListenerParts {
  readonly addresses: readonly string[]
  readonly output: Pick<Output, 'event'>
  readonly print: (line: Line) => void
  readonly metrics: Pick<Metrics, 'tree'>
}

export function createStakeListener({
  addresses,
  output,
  print,
  metrics: { tree },
}: StakeListenerParts): (event: StakeEvent) => void {
  const { stake } = tree
  const entitled = new Set<string>()
  /** What was said of an address and lasts. */
  const said = new Map<string | null, string>()
  stake.addresses.set(addresses.length)

  return (event) => {
    output.event(event)
    if (event.event === 'stake.standing') {
      if (event.entitled) entitled.add(event.address)
      else entitled.delete(event.address)
      stake.entitled.set(entitled.size)
    }
    if (event.event === 'stake.entry') stake.entries.inc({ result: event.status })
    if (event.event === 'stake.graded') stake.reward.inc(Number(event.payout))
    const line = stakeLine(event)
    if (line === null) return
    const about = `${line.text.replace(/^block \d+: /, '')}`
    const repeats = event.event === 'stake.standing' || event.event === 'stake.skipped'
    if (repeats && said.get(event.address) === about) return
    if (repeats) said.set(event.address, about)
    print(line)
  }
}

const shortAddress = (address: string): string => `${address.slice(0, 8)}…${address.slice(-4)}`

/** Null: nothing that a person needs to see. */
function stakeLine(event: StakeEvent): Line | null {
  const line = (style: Line['style'], text: string): Line => ({
    label: 'stake',
    style,
    text: `block ${event.height}: ${text}`,
  })
  switch (event.event) {
    case 'stake.standing': {
      const { address, rank, balance, payout, records } = event
      const holds = `${shortAddress(address)} holds ${balance} PEG`
      if (rank === null)
        return line('yellow', `${holds}, which is not among the 100 largest balances: it may not stake`)
      const last = records === null ? 'no block had staking records yet' : `the last block had ${records}`
      return line('cyan', `${holds}, place ${rank} of 100; ${payout} PEG for a place among 25 (${last})`)
    }
    case 'stake.entry': {
      const { address, status, reason } = event
      if (status === 'missed')
        return line('red', `the record of ${shortAddress(address)} is missed: ${oneLine(reason ?? '')}`)
      return status === 'acknowledged' ? line('cyan', `the record of ${shortAddress(address)} is in`) : null
    }
    case 'stake.skipped': {
      const { address, code, reason } = event
      const whose = address === null ? '' : `${shortAddress(address)}: `
      return line('yellow', `${whose}${code}: ${oneLine(reason)}`)
    }
    case 'stake.graded': {
      const { address, place, payout, verdict } = event
      const paid = payout === '0' ? 'not paid' : `+${payout} PEG`
      const found = place === null ? oneLine(verdict) : `place ${place + 1}`
      return line(payout === '0' ? 'yellow' : 'green', `${shortAddress(address)}: ${found}, ${paid}`)
    }
  }
}
