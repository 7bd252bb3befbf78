/** Every method of /v2 that the chain speaks; all others are −32601. */
import type { ApiContext } from './context.js'
import { ackMethods } from './methods/acks.js'
import { balanceMethods } from './methods/balances.js'
import { blockMethods } from './methods/blocks.js'
import { entryAckMethods } from './methods/entry-ack.js'
import { entryMethods } from './methods/entries.js'
import { nodeMethods } from './methods/node.js'
import { objectMethods } from './methods/objects.js'
import { proofMethods } from './methods/proofs.js'
import { rawMessageMethods } from './methods/raw-message.js'
import { statusMethods } from './methods/status.js'
import { submitMethods } from './methods/submit.js'
import type { Method } from './request.js'

const GROUPS = [
  statusMethods,
  nodeMethods,
  balanceMethods,
  submitMethods,
  rawMessageMethods,
  ackMethods,
  entryAckMethods,
  entryMethods,
  objectMethods,
  blockMethods,
  proofMethods,
]

export function methodTable(context: ApiContext): ReadonlyMap<string, Method> {
  return new Map(GROUPS.flatMap((group) => Object.entries(group(context))))
}
