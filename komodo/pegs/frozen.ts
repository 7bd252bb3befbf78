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

interface Watchful {
  readonly pause: () => Promise<void>
  readonly signal: AbortSignal
  /** From the look on at which the height has stood for too long, at each. */
  readonly onStill: (height: number) => void
}

/** A pause, and then a look at the height. */
export function watchfulPause(
  client: KomodoClient,
  { pause, signal, onStill }: Watchful,
): () => Promise<void> {
  const stands = createStillness()
  return async () => {
    await pause()
    const { blocks } = await client.chainInfo({ signal })
    if (stands(blocks)) onStill(blocks)
  }
}

interface Telling extends Omit<Watchful, 'onStill'> {
  readonly tell: (height: number, message: string) => void
}

/** A pause that tells once of each height at which the chain stands for too long. */
export function tellingPause(client: KomodoClient, { tell, ...around }: Telling): () => Promise<void> {
  let last = -1
  const onStill = (height: number): void => {
    if (height !== last)
      tell(
        height,
        `${client.name} stands at height ${height}: a block needs prices (pegs price-stub), a second node, and one that mines`,
      )
    last = height
  }
  return watchfulPause(client, { ...around, onStill })
}

export const frozenText = ({ name }: Pick<KomodoClient, 'name'>): string =>
  `${name} answers, but its height does not move: if other nodes are ahead it is frozen; kill it with SIGKILL and start it again`
