/** `pegminer basket`: tokens by weights, kept by conversions. */
import { pathText, problem, problemsError, readYaml, shown } from '../../config/index.js'
import { readBasket, type Basket } from '../../desk/index.js'
import type { BasketContext } from './context.js'

export async function basket(context: BasketContext): Promise<number> {
  const [word, file = 'basket.yaml'] = context.positionals
  switch (word) {
    case 'plan':
      return (await import('./run.js')).plan(context, basketFrom(file))
    case 'run':
      return (await import('./run.js')).run(context, basketFrom(file))
    case 'simulate':
      return (await import('./simulate.js')).simulate(context, basketFrom(file))
    default:
      throw problemsError([
        problem(
          'E_CONFIG_ARGUMENT',
          `${word === undefined ? 'say what to do' : `unknown word ${shown(word)}`}: pegminer basket plan, run or simulate`,
        ),
      ])
  }
}

/** Throws one error with everything that is wrong with the file. */
export function basketFrom(file: string): Basket {
  const yaml = readYaml(file)
  if (yaml.problems.length > 0) throw problemsError(yaml.problems)
  const read = readBasket(yaml.value)
  if ('value' in read) return read.value
  throw problemsError(
    read.problems.map(({ path, message }) =>
      problem(
        'E_CONFIG_SECTION',
        `${yaml.at(path)}: ${path.length > 0 ? `${pathText(path)}: ` : ''}${message}`,
      ),
    ),
  )
}
