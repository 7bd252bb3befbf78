/** `pegminer farm …`: many machines that mine as one. */
import { runAction } from '../program/actions.js'
import { accounts } from './accounts.js'
import type { FarmContext } from './context.js'
import { coordinator } from './coordinator.js'
import { status } from './status.js'
import { requireUsed } from './uses.js'
import { users } from './users.js'
import { worker } from './worker.js'

const ACTIONS = {
  coordinator: { run: coordinator },
  worker: { run: worker },
  status: { run: status },
  accounts: { run: accounts },
  users: { run: users, most: Infinity, missing: 'say in which folder: pegminer farm users FOLDER NAME…' },
}

export function farm(context: FarmContext): Promise<number> {
  const [action = ''] = context.positionals
  if (Object.hasOwn(ACTIONS, action)) requireUsed(action as keyof typeof ACTIONS, context)
  return runAction('farm', ACTIONS, context)
}
