/** `pegminer config check|show|init|import`. */
import { runAction } from '../program/actions.js'
import { check } from './check.js'
import type { ConfigContext } from './context.js'
import { show } from './show.js'

const ACTIONS = {
  check: { run: check },
  show: { run: show },
  init: { most: 1, run: async (context: ConfigContext) => (await import('./init.js')).configInit(context) },
  import: {
    most: 1,
    run: async (context: ConfigContext) => (await import('./import.js')).configImport(context),
  },
}

export const config = (context: ConfigContext): Promise<number> => runAction('config', ACTIONS, context)
