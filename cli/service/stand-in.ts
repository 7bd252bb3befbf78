/** An object that its users keep while the one that does its work is exchanged. */
export interface StandIn<T> {
  /** Does all that the present one does. */
  readonly proxy: T
  /** The next call goes to another one; those under way stay where they are. Returns the one before. */
  readonly replace: (next: T) => T
}

export function standIn<T extends object>(first: T): StandIn<T> {
  let present = first
  return {
    proxy: new Proxy(first, {
      get: (_, key) => {
        const found: unknown = Reflect.get(present, key, present)
        return typeof found === 'function' ? (found.bind(present) as unknown) : found
      },
    }),
    replace: (next) => {
      const before = present
      present = next
      return before
    },
  }
}
