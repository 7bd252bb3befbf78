/** `pegminer ledger diff`: our balances against those of a running pegnetd. */
import { unitsText } from '../../base/index.js'
import { displayNameOf, mistake } from '../../config/index.js'
import { createPegnetd, diffLedger } from '../../ledger/index.js'
import { EXIT } from '../program/context.js'
import { countText, plural } from '../view/format.js'
import type { LedgerContext } from './context.js'
import { openEither } from './files.js'

export async function diff(context: LedgerContext): Promise<number> {
  const { settings, output, log, signal } = context
  const url = settings['ledger.pegnetd']
  if (url === undefined)
    throw mistake('E_CONFIG_MISSING', `${displayNameOf('ledger.pegnetd')} is missing: which pegnetd is it?`)
  const query = openEither(context)
  const pegnetd = createPegnetd(url, signal)
  try {
    const found = await diffLedger(query, pegnetd, (done, all) => log.debug('comparing', { done, all }))
    const { height, addresses, count, differences, first } = found
    const { averages } = query.about()
    output.event({
      ...{ event: 'ledger.diff', height, addresses, count, first, averages },
      differences: differences.map(({ ours, theirs, ...rest }) => ({
        ...rest,
        ours: String(ours),
        theirs: String(theirs),
      })),
    })
    const compared = `${plural(addresses, 'address', 'addresses')} after block ${height}`
    if (count === 0) {
      output.line(` the same: ${compared}`)
      return EXIT.done
    }
    output.line(` ${countText(count)} amounts differ, of ${compared}:`)
    for (const { address, ticker, ours, theirs } of differences)
      output.line(` ${address ?? 'supply'}  ${ticker}  ${unitsText(ours)} here, ${unitsText(theirs)} there`)
    output.line(
      first === null
        ? ' No history differs: a balance was changed by something else, or by what has no line in the history.'
        : ` The first difference is in block ${first.height}: entry ${first.hash} in the history of ${first.address}`,
    )
    if (averages === 'window') {
      output.line(' Where only conversions differ: a pegnetd that was never stopped has other averages;')
      output.line(' pegminer ledger sync --averages incremental --data-dir DIR makes a ledger with those.')
    }
    return EXIT.differs
  } finally {
    pegnetd.close()
    query.close()
  }
}
