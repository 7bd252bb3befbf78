/** A block of facts: labels in one column, values in the next. */
import type { Paint } from '../../telemetry/index.js'

const LABEL_WIDTH = 11

/** ` CPU        AMD EPYC, 2 cores`. */
export function factLine(paint: Paint, label: string, value: string): string {
  return ` ${paint('bold', label.toUpperCase().padEnd(LABEL_WIDTH))} ${value}`
}
