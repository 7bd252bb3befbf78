/** What `pegminer basket` prints. Pure. */
import { isoTime, unitsText } from '../../base/index.js'
import type { Decision, KeepEvent, Simulation, Step, Basket } from '../../desk/index.js'
import { goodUntil } from '../../ledger/index.js'
import { percentText, unitsColumn } from '../view/format.js'
import { fateText } from '../wallet/view.js'

/** 1e-16 USD as text with cents. */
export const worthText = (worth: bigint): string => {
  const cents = worth / 10n ** 14n
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}

const WORTH = 13

export const LINES_HEAD = ` ${'token'.padEnd(6)}${'held'.padStart(22)}${'USD'.padStart(WORTH)}${'should be'.padStart(WORTH)}${'owed'.padStart(WORTH)}`

export const lineTexts = ({ lines }: Decision): string[] =>
  lines.map(
    ({ ticker, held, worth, wanted, owed }) =>
      ` ${ticker.padEnd(6)}${unitsColumn(held, 22)}${worthText(worth).padStart(WORTH)}${worthText(wanted).padStart(WORTH)}${(owed === 0n ? '–' : worthText(owed)).padStart(WORTH)}`,
  )

/** Worth of the tokens of the basket, 1e-16 USD. */
export const heldOf = ({ lines }: Decision): bigint => lines.reduce((sum, { worth }) => sum + worth, 0n)

/** What is owed soon and not held, 1e-16 USD. */
export const missingOf = ({ lines }: Decision): bigint =>
  lines.reduce((sum, { owed, worth }) => sum + (owed > worth ? owed - worth : 0n), 0n)

type Moved = Decision['moves'][number]

export const moveText = ({ ticker, amount, target, result, cost }: Moved): string =>
  `${unitsText(amount)} ${ticker} into ${unitsText(result)} ${target}, at a cost of ${percentText(cost)}`

export const moveFacts = ({ ticker, amount, target, result, cost }: Moved) => ({
  ...{ ticker, amount: String(amount), target, result: String(result), cost },
})

export function decisionEvent({ lines, drift, moves, held }: Decision, more: object) {
  return {
    ...{ event: 'basket.plan', ...more, drift },
    tokens: lines.map(({ ticker, held: has, worth, wanted, owed }) => ({
      ...{
        ticker,
        held: String(has),
        usd: worthText(worth),
        wanted: worthText(wanted),
        owed: worthText(owed),
      },
    })),
    conversions: moves.map(moveFacts),
    held: held.map(({ ticker, amount, target, reason }) => ({
      ticker,
      amount: String(amount),
      target,
      reason,
    })),
  }
}

const REASONS = {
  schedule: 'its time has come',
  band: 'a part is off by more than the band',
  owed: 'what is owed soon is not held',
} as const
export const reasonText = (kind: keyof typeof REASONS): string => REASONS[kind]

/** Of all that is told while a basket is kept. */
export function keepFacts(event: KeepEvent): { readonly event: string } & Record<string, unknown> {
  switch (event.kind) {
    case 'waiting':
      return { event: 'basket.waiting', reason: event.reason }
    case 'looked':
      return {
        ...{ event: 'basket.look', height: event.height, drift: event.decision.drift },
        ...{ usd: worthText(heldOf(event.decision)), missing: worthText(missingOf(event.decision)) },
      }
    case 'planned':
      return decisionEvent(event.decision, { height: event.height, reason: event.reason.kind })
    case 'signed':
      return { event: 'basket.signed', hash: event.hash, ...moveFacts(event.move) }
    case 'sent':
      return { event: 'basket.sent', hash: event.hash, state: event.state, ...moveFacts(event.move) }
    case 'limited':
      return { event: 'basket.limited', left: unitsText(event.left), ...moveFacts(event.move) }
    case 'earlier': {
      const { batch, fate } = event.earlier
      return {
        ...{ event: 'basket.earlier', hash: batch.entry.hash, fate: fate.kind },
        height: 'height' in fate ? fate.height : null,
        status: fate.kind === 'refused' ? fate.status : null,
        goodUntil: isoTime(goodUntil(batch)),
      }
    }
  }
}

export function keepText(event: KeepEvent, basket: Basket): string | null {
  switch (event.kind) {
    case 'waiting':
      return ` waits: ${event.reason}`
    case 'planned': {
      const { moves, held } = event.decision
      const head = ` block ${event.height}: ${reasonText(event.reason.kind)}; ${moves.length === 0 ? 'nothing to convert' : 'to convert:'}`
      return [
        head,
        ...moves.map((move) => `   ${moveText(move)}`),
        ...held.map(({ ticker, target, reason }) => `   ${ticker} into ${target} is left: ${reason}`),
      ].join('\n')
    }
    case 'looked':
    case 'signed':
      return null
    case 'sent':
      return ` sent: ${moveText(event.move)} (${event.hash.slice(0, 16)}, ${event.state})`
    case 'limited':
      return ` the limit of ${unitsText(basket.run.mostADay)} USD a day is reached: ${moveText(event.move)} is left`
    case 'earlier': {
      const { batch, fate } = event.earlier
      return ` ${batch.entry.hash.slice(0, 16)}: ${fateText(fate)}`
    }
  }
}

export const CSV_HEAD = 'height,time,usd,holding,drift,conversion'

export const csvLine = ({ height, time, worth, holding, drift, executed }: Step): string =>
  [
    ...[height, isoTime(time / 1000), worthText(worth), worthText(holding), drift.toFixed(6)],
    executed
      .map(
        ({ ticker, amount, target, result }) =>
          `${unitsText(amount)} ${ticker} > ${unitsText(result)} ${target}`,
      )
      .join('; '),
  ].join(',')

export function summaryFacts({ summary, steps }: Simulation) {
  const { first, last, conversions, refused, turnover, lost, meanDrift, drawdown, holdingDrawdown } = summary
  return {
    ...{ from: first.height, to: last.height, begin: worthText(first.worth), usd: worthText(last.worth) },
    ...{ holding: worthText(last.holding), conversions, refused, turnover, lost: worthText(lost) },
    ...{ meanDrift, drawdown, holdingDrawdown },
    banked: steps.flatMap(({ executed }) => executed.filter(({ refund }) => refund > 0n)).length,
  }
}
