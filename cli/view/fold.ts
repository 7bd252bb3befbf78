/** Long lines for a terminal: folded between words, where the terminal itself would break them within one. */

import { BETWEEN_WORDS } from './format.js'

const STYLE = /\u001b\[[0-9;]*m/g
/** Text begins after the columns of clock and label; what is further right is a gap in the text. */
const LAST_COLUMN = 24

const lengthOf = (text: string): number => text.replace(STYLE, '').length

/** Further lines begin where the text of the first line does: ` CPU         AMD EPYC`. */
export function fold(line: string, width: number): string {
  if (lengthOf(line) <= width) return line
  const indent = indentOf(line.replace(STYLE, ''))
  const lines: string[] = []
  let last: string | undefined
  for (const word of line.split(BETWEEN_WORDS)) {
    const next = last === undefined ? word : `${last} ${word}`
    if (last === undefined || lengthOf(next) <= width || lengthOf(last) <= indent) last = next
    else {
      lines.push(last)
      last = `${' '.repeat(indent)}${word}`
    }
  }
  return [...lines, last].join('\n')
}

function indentOf(plain: string): number {
  const gaps = [...plain.slice(0, LAST_COLUMN).matchAll(/ {2,}(?=\S)/g)]
  const gap = gaps.at(-1)
  return gap === undefined ? 2 : gap.index + gap[0].length
}
