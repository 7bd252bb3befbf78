/** A frozen daemon has no sign but its height: it answers everything, but no block ever comes. */
import type { KomodoClient } from '../client.js'

/** Looks at one and the same height after which it is believed. */
const MOST_STILL = 240

/** Is told the height at each look; true from the look on at which it has stood for too long. */
export function createStillness(most = MOST_STILL): (height: number) => boolean {
  let [last, still] = [-1, 0]
  return (height) => {
    still = height === last ? still + 1 : 0
    last = height
    return still > most
  }
}

export const frozenText = ({ name }: Pick<KomodoClient, 'name'>): string =>
  `${name} answers, but its height does not move: if other nodes are ahead it is frozen; kill it with SIGKILL and start it again`
