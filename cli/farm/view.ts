/** A worker's events as a person wants to see them: records, speed, what is wrong. */
import { wallMs } from '../../base/index.js'
import type { WorkerEvent } from '../../miner/farm/index.js'
import type { Output } from '../program/output.js'
import { clockText } from '../view/format.js'
import { noticeLine, speedLine, type Line } from '../view/lines.js'

export function createWorkerView({ paint, line }: Pick<Output, 'paint' | 'line'>) {
  let hits = 0
  function lineOf(event: WorkerEvent): Line | null {
    switch (event.event) {
      case 'job': {
        const found = hits === 0 ? '' : `; ${hits} hits sent for the one before`
        hits = 0
        return {
          label: 'job',
          style: 'cyan',
          text: `block ${event.height}, record ${event.oprHash.slice(0, 16)}…${found}`,
        }
      }
      case 'hashrate':
        return event.total > 0 ? speedLine(event) : null
      case 'notice':
        return noticeLine(event)
      case 'hit':
        hits++
        return null
      default:
        return null
    }
  }
  return {
    show(event: WorkerEvent): void {
      const found = lineOf(event)
      if (found === null) return
      const { label, style, text } = found
      line(`${paint('dim', clockText(wallMs()))}  ${paint(style, label.padEnd(8))}  ${text}`)
    },
  }
}
