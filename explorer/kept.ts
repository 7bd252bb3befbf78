/** Replies that were given, kept until what they are made from changes: the same is asked for again and again. */

interface Reply {
  readonly body: string | Buffer
}

/** `version` changes with everything that replies are made from; the oldest are given up beyond so many characters. */
export function createKept<T extends Reply>(
  version: () => string,
  mostCharacters = 32 * 1024 * 1024,
): (key: string, make: () => T) => T {
  const replies = new Map<string, T>()
  let [seen, held] = [version(), 0]
  const sizeOf = (key: string, { body }: T): number => key.length + body.length
  return (key, make) => {
    const now = version()
    if (now !== seen) {
      replies.clear()
      ;[seen, held] = [now, 0]
    }
    const known = replies.get(key)
    if (known) return known
    const reply = make()
    replies.set(key, reply)
    held += sizeOf(key, reply)
    for (const [oldest, old] of replies) {
      if (held <= mostCharacters) break
      replies.delete(oldest)
      held -= sizeOf(oldest, old)
    }
    return reply
  }
}
