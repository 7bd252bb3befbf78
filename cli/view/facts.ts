/** A block of facts: labels in one column, values in the next. */
import { wrap } from './format.js'
import type { Output } from '../program/output.js'

const LABEL_WIDTH = 11

/** Prints ` CPU         AMD EPYC, 2 cores`; what does not fit into the width continues below. */
export function factPrinter({ paint, width, line }: Output): (label: string, value: string) => void {
  return (label, value) => {
    wrap(value, width - LABEL_WIDTH - 2).forEach((part, k) => {
      const head = (k === 0 ? label.toUpperCase() : '').padEnd(LABEL_WIDTH)
      line(` ${head.trim() === '' ? head : paint('bold', head)} ${part}`)
    })
  }
}
