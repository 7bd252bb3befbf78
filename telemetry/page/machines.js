/** The machines of a farm, where a coordinator is looked at; elsewhere the section stays away. */
import { $, cell, countText, durationText, fillRows, plural, rateText, set } from '/parts.js'

/** Of more machines the rest is counted: those that want something stand first. */
const MOST_ROWS = 200
const ORDER = { refused: 0, missing: 1, here: 2, left: 3 }
const CLASSES = { refused: 'bad', missing: 'bad', here: 'good', left: 'dim' }

const agoText = (seconds) => (seconds === null ? '–' : durationText(seconds))

export function showMachines({ active, here, missing, hashrate, machines }) {
  const isFarm = active || machines.length > 0
  $('machines-section').hidden = !isFarm
  // A machine is no thread: it would stand there twice.
  $('threads-section').hidden = isFarm
  if (!isFarm) return
  const lacking = missing > 0 ? `, ${plural(missing, 'machine')} missing` : ''
  set('machines-sum', `${plural(here, 'machine')}, ${rateText(hashrate)}${lacking}`)
  const sorted = machines.toSorted(
    (a, b) => ORDER[a.state] - ORDER[b.state] || a.worker.localeCompare(b.worker, 'en', { numeric: true }),
  )
  fillRows(
    'machines',
    sorted.slice(0, MOST_ROWS).map((machine) => {
      const state = cell(machine.state, CLASSES[machine.state])
      if (machine.refused !== null) state.title = machine.refused
      const bad = Object.values(machine.faults).reduce((sum, count) => sum + count, 0)
      return [
        cell(machine.worker),
        state,
        cell(rateText(machine.hashrate.s10), 'n'),
        cell(rateText(machine.hashrate.m15), 'n'),
        cell(countText(machine.threads), 'n'),
        cell(machine.lagMs === null ? '–' : `${countText(machine.lagMs)} ms`, 'n'),
        cell(`${machine.lease.seconds} s`, 'n'),
        cell(agoText(machine.lastHitSeconds), 'n'),
        cell(countText(bad), bad > 0 ? 'n warn' : 'n'),
        cell(machine.version),
        cell(machine.cpu, 'dim'),
      ]
    }),
    'No machine has joined yet.',
  )
  const rest = sorted.length - MOST_ROWS
  $('machines-more').hidden = rest <= 0
  if (rest > 0) set('machines-more', `${plural(rest, 'more machine')}: pegminer farm status lists all.`)
}
