/** `pegminer completion bash|zsh|fish`. */
import { shown, wrongArgument } from '../../config/index.js'
import { EXIT, type CommandContext, type CommandSpec } from '../program/context.js'
import type { CompletionKey } from '../program/keys.js'
import { bashScript, completionsOf, fishScript, zshScript } from './shells.js'

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

export function completion(
  { positionals, output, stdout }: Pick<CommandContext<CompletionKey>, 'positionals' | 'output' | 'stdout'>,
  commands: readonly CommandSpec[],
): number {
  const [shell] = positionals
  const names = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]
  const found = names.find((name) => name === shell)
  if (found === undefined) {
    const what = shell === undefined ? 'say for which shell' : `there is none for ${shown(shell)}; choose`
    throw wrongArgument(`${what}: ${names.join(', ')}`)
  }
  const script = SCRIPTS[found](completionsOf(commands))
  output.event({ event: 'completion', shell: found, script })
  // Printed without folding: folded lines would break the script.
  if (!output.json) stdout.write(script)
  return EXIT.done
}
