/** Answers that are asked for again and again, kept. */

/** As `of`; the oldest answer goes when there are more than `most`. */
export function remembered<T>(most: number, of: (question: string) => T): (question: string) => T {
  const known = new Map<string, T>()
  return (question) => {
    const found = known.get(question)
    if (found !== undefined) return found
    const answer = of(question)
    if (known.size >= most) known.delete(known.keys().next().value as string)
    known.set(question, answer)
    return answer
  }
}

/** As `of`, for as long as there is the thing that is asked about, which must not change. */
export function rememberedOf<K extends object, T extends NonNullable<unknown>>(
  of: (thing: K) => T,
): (thing: K) => T {
  const known = new WeakMap<K, T>()
  return (thing) => {
    const found = known.get(thing)
    if (found !== undefined) return found
    const answer = of(thing)
    known.set(thing, answer)
    return answer
  }
}
