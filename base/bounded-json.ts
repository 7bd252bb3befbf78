/**
 * The one way to read JSON from outside. The cost of parsing does not follow from the length: 30 MB of opening brackets
 * take seconds and a gigabyte, and break code that walks the result. So levels and values are counted before anything
 * is parsed, at some 3 ms a MB.
 */

export interface JsonBounds {
  /** Lists and objects within each other. Default 64; replies of nodes and exchanges have ten. */
  readonly depth?: number
  /** Lists, objects, texts, numbers; an empty list counts as two. Default a million: a second of work at worst. */
  readonly values?: number
  /** Characters of one text. Default: no bound of its own. */
  readonly text?: number
}

const DEPTH = 64
const VALUES = 1_000_000

/** An object with keys, no list. */
export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Throws `RangeError` for what is too deep or too much, `SyntaxError` for what is no JSON. */
export function parseJson(text: string, bounds: JsonBounds = {}): unknown {
  checkJson(text, bounds)
  return JSON.parse(text)
}

/** Throws `RangeError` if parsing the text would cost more than the bounds allow. What is no JSON may pass. */
export function checkJson(text: string, bounds: JsonBounds = {}): void {
  const { depth = DEPTH, values = VALUES, text: longest = Infinity } = bounds
  let level = 0
  let count = 1
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = endOfText(text, at + 1)
        if (end - at - 1 > longest) throw new RangeError(`it holds a text longer than ${longest} characters`)
        at = end
        break
      }
      case BRACKET:
      case BRACE:
        if (++level > depth) throw new RangeError(`it is nested deeper than ${depth} levels`)
        count++
        break
      case BRACKET_END:
      case BRACE_END:
        level--
        break
      case COMMA:
        count++
        break
    }
    if (count > values) throw new RangeError(`it holds more than ${values} values`)
  }
}

const [QUOTE, COMMA, BACKSLASH] = [0x22, 0x2c, 0x5c]
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Where the quotation mark is that ends a text; the end of everything if there is none. */
function endOfText(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let slash = end
    while (slash > from && text.charCodeAt(slash - 1) === BACKSLASH) slash--
    if ((end - slash) % 2 === 0) return end
  }
  return text.length
}
