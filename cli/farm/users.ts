/** `pegminer farm users`: who may connect to the NATS server, and what each may do. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { makeFolder, writeWhole } from '../../base/index.js'
import { problem, problemsError, shown } from '../../config/index.js'
import { makeCredential, NAME_FORM, userOf, usersConfig } from '../../miner/farm/index.js'
import { EXIT } from '../program/context.js'
import type { FarmContext } from './context.js'

const COORDINATOR = 'coordinator'
const ENDING = '.creds'

/** What is there stays: a credential that is in use must go on being one. */
export function users({ output }: FarmContext, folder: string, ...names: string[]): number {
  const wrong = names.filter((name) => !NAME_FORM.test(name))
  if (wrong.length > 0)
    throw problemsError(
      wrong.map((name) =>
        problem('E_CONFIG_ARGUMENT', `${shown(name)} cannot be a name: up to 40 letters, digits, - and _`),
      ),
    )
  makeFolder(folder)
  const there = readdirSync(folder).filter((file) => file.endsWith(ENDING))
  const all = new Set([COORDINATOR, ...there.map((file) => file.slice(0, -ENDING.length)), ...names])
  const found = [...all].sort().map((user) => {
    const role = user === COORDINATOR ? 'coordinator' : 'worker'
    const file = join(folder, `${user}${ENDING}`)
    const isNew = !existsSync(file)
    return { ...(isNew ? makeCredential(file, { user, role }) : userOf(file, role)), file, isNew }
  })
  const config = join(folder, 'users.conf')
  writeWhole(config, usersConfig(found))
  for (const { user, role, file, isNew } of found) {
    output.line(` ${role.padEnd(11)} ${user.padEnd(20)} ${file}${isNew ? '' : ' (as it was)'}`)
    output.event({ event: 'farm.user', user, role, file, made: isNew })
  }
  output.line(` the server's part is ${config}; after a change: nats-server --signal reload`)
  return EXIT.done
}
