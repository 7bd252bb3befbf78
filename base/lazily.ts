import { createRequire } from 'node:module'

/** The way to a package that is loaded with its first use, since most commands do without it. It must be CommonJS. */
export function lazily<T>(name: string): () => T {
  let loaded: T | undefined
  return () => (loaded ??= createRequire(import.meta.url)(name) as T)
}
