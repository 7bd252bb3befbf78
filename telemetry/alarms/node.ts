/** Alarms of the factomd node. */
import { alarms, minutes } from './alarm.js'

export const NODE_ALARMS = alarms([
  {
    id: 'FactomdUnreachable',
    severity: 'critical',
    summary: '{{ $labels.instance }} gets no answer from its factomd',
    meaning: 'The node has not answered for minutes, or says that it is not well.',
    look: '`curl` the address that `pegminer config show` has for `factom.url`.',
    remedy: 'Restart the node, or use another one with `--factomd`.',
    expr: 'sum by (instance) (rate(pegnet_factom_requests_total{result="ok"}[5m])) == 0',
    for: '5m',
    notices: ['E_FACTOM_UNREACHABLE', 'E_FACTOM_TIMEOUT', 'E_MINER_CLOCK'],
    check: {
      name: 'node',
      makes: 'ready',
      find: ({ node }) => ({ ok: node.state === 'ok', found: node.state }),
    },
    watchdog: {
      kind: 'node-away',
      code: 'E_WATCH_NODE_AWAY',
      why: ({ nodeAwayMs }, { nodeMs }) =>
        nodeMs > 0 && nodeAwayMs > nodeMs ? `the node is not well for ${minutes(nodeAwayMs)}` : null,
    },
  },
  {
    id: 'FactomdSlow',
    severity: 'warning',
    summary: 'factomd of {{ $labels.instance }} takes {{ $value | humanizeDuration }} to answer',
    meaning: 'The node answers slowly, so minutes are noticed late and records may miss their block.',
    look: "The load of the node's machine, and the network between.",
    remedy: 'Use a node that is nearer.',
    expr: 'histogram_quantile(0.9, sum by (instance, le) (rate(pegnet_factom_request_duration_seconds_bucket[10m]))) > 2',
    for: '10m',
  },
  {
    id: 'BlockStandsStill',
    severity: 'critical',
    summary: 'the chain of {{ $labels.instance }} has not moved for 30 minutes',
    meaning: 'For half an hour the node has had no new block: either the node or the network is stuck.',
    look: 'Compare its height with that of another node.',
    remedy: 'Restart the node if only this one stands still.',
    expr: 'changes(pegnet_factom_height[30m]) == 0',
    for: '5m',
    notices: ['E_FACTOM_STALLED'],
    check: {
      name: 'clock',
      makes: 'ready',
      find: ({ height, minute }) => ({
        ok: height !== null,
        found: height === null ? 'no block yet' : `block ${height}, minute ${minute}`,
      }),
    },
  },
])
