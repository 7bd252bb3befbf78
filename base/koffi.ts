/** Calls of the system that Node.js does not have, through the optional package koffi. */
import { createRequire } from 'node:module'

/** What is used of koffi. */
export interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number }
  address(value: unknown): bigint
  errno(): number
}

/** Throws if the package is not installed (`MODULE_NOT_FOUND`), or does not work on this system. */
export const loadKoffi = (): Koffi => createRequire(import.meta.url)('koffi') as Koffi
