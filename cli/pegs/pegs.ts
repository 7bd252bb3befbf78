/** `pegminer pegs`: which word means what. */
import { wrongArgument } from '../../config/index.js'
import { create, launchArgs, status } from './create.js'
import { CREATOR_WORDS, TOOL_WORDS, USER_WORDS, type PegsContext } from './plan.js'
import { priceStub } from './price-stub.js'
import { use } from './user.js'

export async function pegs(context: PegsContext): Promise<number> {
  const [word = '', ...rest] = context.positionals
  switch (word) {
    case 'create':
    case 'resume':
      if (rest.length > 1) throw wrongArgument(`pegs ${word} takes one plan`)
      return create(context, rest[0])
    case 'status':
      return status(context, rest[0])
    case 'launch-args':
      return launchArgs(context, rest[0])
    case 'simulate':
      if (rest.length > 0) throw wrongArgument('pegs simulate takes no further argument')
      return (await import('./simulate.js')).simulatePeg(context)
    case 'price-stub':
      if (rest.length > 0) throw wrongArgument('pegs price-stub takes no further argument')
      return priceStub(context)
    default: {
      const known = USER_WORDS.find((each) => each === word)
      if (known !== undefined) return use(context, known, rest)
      throw wrongArgument(`pegs needs one of ${[...CREATOR_WORDS, ...USER_WORDS, ...TOOL_WORDS].join(', ')}`)
    }
  }
}
