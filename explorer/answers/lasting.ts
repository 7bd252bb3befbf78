/** Answers that cannot change any more: browsers and proxies may keep those without asking again. */
import type { Reader } from './parts.js'

/** As deep as this no block is taken back, and nothing of it waits. */
const DEEP = 144

export class Lasting {
  constructor(readonly value: object) {}
}

/** Chains of one's own are begun anew at will; those of public networks go on. */
export const isDeep = ({ query, network }: Reader, height: number): boolean =>
  ['MainNet', 'TestNet'].includes(network.name) && height <= query.about().height - DEEP

/** `actions`: what the answer tells of the history; a line of it that waits may still change. */
export const lastingIf = (
  lasts: boolean,
  value: object,
  actions: readonly { readonly status: string }[] = [],
): object => (lasts && actions.every(({ status }) => status !== 'waiting') ? new Lasting(value) : value)
