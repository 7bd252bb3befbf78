/** What the keys do while `mine` runs on a terminal. */
import { wallMs } from '../../base/index.js'
import type { MinerView } from '../../miner/index.js'
import type { PriceFeed } from '../../oracle/prices/index.js'
import type { ApiActions, Board } from '../../telemetry/index.js'
import { hashrateLines, helpLine, recordLines, sourceLines } from '../view/keys.js'
import type { Line } from '../view/lines.js'

export interface MineKeyParts {
  readonly view: Pick<MinerView, 'state' | 'threads' | 'prices' | 'entries' | 'places' | 'blocks' | 'reward'>
  readonly board: Pick<Board, 'windows' | 'hashrates' | 'entries'>
  readonly prices: Pick<PriceFeed, 'sources'>
  readonly actions: ApiActions
  readonly print: (line: Line) => void
  readonly now?: () => number
}

/** Letter → what it is for, as `--help` and the line of help say it. */
export const MINE_KEY_HELP = {
  h: 'hashrate',
  p: 'pause',
  r: 'resume',
  s: 'sources',
  e: 'entries',
  q: 'quit',
} as const

/** Returns the listener of keys. Any other key prints what they are for. */
export function mineKeys({ view, board, prices, actions, print, now = wallMs }: MineKeyParts) {
  const say = (text: string): void => print({ label: 'keys', style: 'bold', text })
  const keys: Readonly<Record<keyof typeof MINE_KEY_HELP, () => void>> = {
    h: () => hashrateLines(view, board).forEach(print),
    p: () => {
      actions.pause()
      say(view.state === 'paused' ? 'paused; r goes on' : view.state)
    },
    r: () => {
      actions.resume()
      say(view.state === 'paused' ? 'still paused' : `resumed: ${view.state}`)
    },
    s: () => sourceLines(prices.sources(), view.prices, now()).forEach(print),
    e: () => recordLines(view, board.entries()).forEach(print),
    q: () => {
      say('quitting')
      actions.stop()
    },
  }
  return (key: string): void => {
    const name = key.toLowerCase()
    if (Object.hasOwn(keys, name)) keys[name as keyof typeof keys]()
    else print(helpLine(MINE_KEY_HELP))
  }
}
