/**
 * The 25 rows of a LXRHash step that read, and what is computed between them, as in docs/protocol/lxrhash.md#step.
 * Numbered by their reads, as in `assembly/rows.ts`. A row takes in the byte `t` that it has read and gives the index of
 * the next row's read.
 */

/** The words of a lane: the registers, x of this step and of the next, hs of this step. `t` is the byte. */
export type Word = 'a' | 's1' | 's2' | 's3' | 'x' | 'nextX' | 'h' | 't'

/** A word, shifted by so many bits; to the right if negative. */
export interface Term {
  readonly word: Word
  readonly shift: number
}

export interface Assignment {
  readonly to: Word
  /** All of them ⊕-ed. */
  readonly terms: readonly Term[]
}

export interface Row {
  readonly assignments: readonly Assignment[]
  /** Of the next read. */
  readonly index: readonly Term[]
}

/** The registers rotate in row 24: (s1, s2, s3) becomes (s3, s1, s2). Row 25 uses the new s1 in s2's place. */
export const ROWS: readonly Row[] = [
  row('s1 = s1<<9 ^ s1>>1 ^ a ^ t<<3', 's1 ^ x'),
  row('s1 = s1<<5 ^ s1>>3 ^ t<<7', 'a ^ s1>>7'),
  row('s1 = s1<<7 ^ s1>>7 ^ t<<5', 'x ^ a>>11 ^ s1'),
  row('s1 = s1<<11 ^ s1>>5 ^ t<<27', 'h = s1 ^ a ^ h<<7 ^ h>>13', 'a ^ s1>>27 ^ x'),

  row('a = a<<17 ^ a>>5 ^ s1 ^ t<<3', 'a ^ s1'),
  row('a = a<<13 ^ a>>3 ^ t<<7', 'a>>7 ^ s1'),
  row('a = a<<15 ^ a>>7 ^ t<<11', 'x ^ a ^ s1'),
  row('a = a<<9 ^ a>>11 ^ t<<3', 'a>>3'),

  row('s1 = s1<<7 ^ s1>>27 ^ a ^ t<<13', 's1 ^ x'),
  row('s1 = s1<<3 ^ s1>>13 ^ t<<11', 'a ^ s1>>11'),
  row('s1 = s1<<8 ^ s1>>11 ^ t<<9', 'x ^ a ^ s1'),
  row('s1 = s1<<6 ^ s1>>9 ^ t<<3', 'a ^ x ^ s1>>3'),

  row('a = a<<23 ^ a>>3 ^ s1 ^ t<<7', 'a ^ s1>>3'),
  row('a = a<<17 ^ a>>7 ^ t<<5', 'a>>5 ^ s1'),
  row('a = a<<13 ^ a>>5 ^ t<<1', 'x ^ a ^ s1'),
  row('a = a<<11 ^ a>>1 ^ t<<7', 'a>>7 ^ s1>>3'),

  row('s1 = s1<<5 ^ s1>>3 ^ a ^ t<<6', 's1 ^ x'),
  row('s1 = s1<<8 ^ s1>>6 ^ t<<11', 'a ^ s1>>11'),
  row('s1 = s1<<11 ^ s1>>11 ^ t<<5', 'x ^ a>>7 ^ a ^ s1'),
  row('s1 = s1<<7 ^ s1>>5 ^ t<<17', 'a ^ s2>>5 ^ x'),

  row('s2 = s2<<3 ^ s2>>17 ^ s1 ^ t<<13', 's2'),
  row('s2 = s2<<6 ^ s2>>13 ^ t<<11', 'a ^ s1 ^ s2>>11'),
  row('s2 = s2<<11 ^ s2>>11 ^ t<<23', 'x ^ a>>8 ^ a ^ s2>>10'),
  row('s2 = s2<<4 ^ s2>>23 ^ t<<1', 's1 = s3', 's3 = s2', 's2 = s3<<3 ^ s3>>1 ^ h ^ x', 's3>>1 ^ h'),
  row('a = a<<9 ^ a>>7 ^ s2>>1 ^ t<<5', 'x = nextX', 'a>>5 ^ x'),
]

/** Assignments, the last line is the index. */
function row(...lines: readonly string[]): Row {
  return {
    assignments: lines.slice(0, -1).map((line) => {
      const [to, terms] = line.split(' = ') as [Word, string]
      return { to, terms: termsOf(terms) }
    }),
    index: termsOf(lines.at(-1) as string),
  }
}

function termsOf(text: string): Term[] {
  return text.split(' ^ ').map((term) => {
    const [, word, way, by] = /^([a-z]+\d?|nextX)(?:(<<|>>)(\d+))?$/.exec(term) as unknown as [
      string,
      Word,
      string | undefined,
      string | undefined,
    ]
    return { word, shift: way === undefined ? 0 : way === '<<' ? Number(by) : -Number(by) }
  })
}
