/** `pegminer basket`: tokens by weights, kept by conversions. */
import { shown, wrongArgument } from '../../config/index.js'
import { readBasket, type Basket } from '../../desk/index.js'
import { readSectionFile } from '../program/section-file.js'
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
      throw wrongArgument(
        `${word === undefined ? 'say what to do' : `unknown word ${shown(word)}`}: pegminer basket plan, run or simulate`,
      )
  }
}

const basketFrom = (file: string): Basket => readSectionFile(file, readBasket)
