/** Calls of the system that Node.js does not have, through the optional package koffi. */
import { lazily } from './lazily.js'

/** What is used of koffi. */
export interface Koffi {
  load(library: null): { func(prototype: string): (...values: unknown[]) => number }
  address(value: unknown): bigint
  errno(): number
  array(type: string, length: number): unknown
  encode(pointer: unknown, type: unknown, value: Uint8Array): void
  /** What lies there, as a value of the type; a function that can be called, if the type is one. */
  decode(pointer: unknown, type: unknown): unknown
  /** The type of functions with this result and these arguments. */
  proto(result: string, types: readonly string[]): unknown
}

/** Throws if the package is not installed (`MODULE_NOT_FOUND`), or does not work on this system. */
export const loadKoffi = lazily<Koffi>('koffi')
