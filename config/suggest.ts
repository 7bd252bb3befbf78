/** "Did you mean …": the nearest of some words. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to another. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length]!
}

/** The nearest word, if it is near enough to have been meant: a third of its letters wrong at most, or a beginning. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const wanted = word.slice(0, 64).toLowerCase()
  if (wanted === '') return undefined
  const distanceTo = (known: string): number => {
    const edits = editDistance(wanted, known)
    return wanted.length >= 3 && known.startsWith(wanted) ? Math.min(edits, 1.5) : edits
  }
  const [best] = words
    .map((known) => ({ known, distance: distanceTo(known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance <= Math.max(1, Math.ceil(best.known.length / 3)) ? best.known : undefined
}

/** What follows a message on an unknown word: `; did you mean kraken?`, or else `; ` and what may be done instead. */
export function meant(word: string, words: readonly string[], otherwise = ''): string {
  const near = nearest(word, words)
  if (near !== undefined) return `; did you mean ${near}?`
  return otherwise === '' ? '' : `; ${otherwise}`
}
