/** The actions of a command, as `build` in `pegminer bytemap build`: which one is meant, and what it is given. */
import { meant, shown, wrongArgument } from '../../config/index.js'

export interface CommandAction<Context> {
  readonly run: (context: Context, ...words: string[]) => number | Promise<number>
  /** Most arguments after its name. Default none. */
  readonly most?: number
  /** What is said if it is given no argument, but needs one. */
  readonly missing?: string
}

/** Throws `E_CONFIG_ARGUMENT` if there is no such action, or if it cannot take the arguments. */
export async function runAction<Context extends { readonly positionals: readonly string[] }>(
  command: string,
  actions: Readonly<Record<string, CommandAction<Context>>>,
  context: Context,
): Promise<number> {
  const [word, ...rest] = context.positionals
  const names = Object.keys(actions)
  if (word === undefined) throw wrongArgument(`say what to do: ${names.join(', ')}`)
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action === undefined)
    throw wrongArgument(
      `${command} does not know ${shown(word)}${meant(word, names, `choose ${names.join(', ')}`)}`,
    )
  const { run, most = 0, missing } = action
  const surplus = rest[most]
  if (surplus !== undefined) throw wrongArgument(`unexpected argument ${shown(surplus)}; see --help`)
  if (missing !== undefined && rest.length === 0) throw wrongArgument(missing)
  return run(context, ...rest)
}
