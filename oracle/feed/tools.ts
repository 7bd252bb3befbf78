/** What a gateway's withdrawals are read, signed and sent with. */
import { createEvidence, type Evidence } from './evidence.js'
import { createJournal, type Journal, type WithdrawalParts } from './journal.js'
import { createOrder, type Order } from './order.js'
import { createPayments, type FindPayment } from './payments.js'
import { createPosting, type Posting } from './posting.js'
import { createSteps, type Steps } from './steps.js'
import { createTurns, type Turns } from './turns.js'

export interface WithdrawalTools extends WithdrawalParts {
  readonly journal: Journal
  readonly evidence: Evidence
  readonly payment: FindPayment
  readonly steps: Steps
  readonly posting: Posting
  readonly turns: Turns
  readonly order: Order
}

export function createTools(parts: WithdrawalParts): WithdrawalTools {
  const { settings, asset, reference, gateway, file, monotonicMs } = parts
  const index = Math.max(0, gateway.pubkeys.indexOf(settings.pubkey))
  return {
    ...parts,
    journal: createJournal(parts),
    evidence: createEvidence({ reference, gateway, depth: settings.depth }),
    payment: createPayments({ reference, gateway }),
    steps: createSteps(asset),
    posting: createPosting(parts),
    turns: createTurns({ index, n: gateway.n, monotonicMs }),
    order: createOrder(file),
  }
}
