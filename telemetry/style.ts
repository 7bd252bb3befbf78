/** Colours of a terminal (SGR codes). */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const

export type Style = keyof typeof CODES

/** Puts text into a style, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string

/** The caller decides: `util.styleText` would look at standard output, even if the text goes elsewhere. */
export function painter(color: boolean): Paint {
  return (style, text) => (color ? `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m` : text)
}
