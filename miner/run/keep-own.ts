/** How records of ours get into the history, which finds them in the blocks that are followed. */
import { isCoded, messageOf, wallMs } from '../../base/index.js'
import type { GradedHistory } from '../../oracle/index.js'
import type { Notice } from './tasks.js'

type OwnStep = Parameters<GradedHistory['own']>[0]
export type KeepOwn = (step: Omit<OwnStep, 'time'>) => void

/** Mining goes on without the history: what it does not take is told once a block and trouble. */
export function createKeepOwn(history: Pick<GradedHistory, 'own'>, notice: Notice): KeepOwn {
  /** Of which block and trouble it was told last. */
  let lost = ''
  return (step) => {
    try {
      history.own({ ...step, time: wallMs() })
    } catch (error) {
      const trouble = `${step.height} ${messageOf(error)}`
      if (trouble !== lost) notice('warn', isCoded(error) ? error.code : 'E_MINER_INTERNAL', messageOf(error))
      lost = trouble
    }
  }
}
