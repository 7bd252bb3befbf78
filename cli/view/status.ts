import type { CommandContext } from '../program/context.js'

/** A line that is replaced by the next one, on a terminal only; '' removes it. */
export function createStatus({ stderr }: Pick<CommandContext<never>, 'stderr'>) {
  return {
    show: (text: string): void => {
      if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`)
    },
  }
}
