/** Alarms of the oraclefeed and its gateways. */
import { alarms } from './alarm.js'

/** States of a daemon that only a restart ends. */
const HUNG: readonly string[] = ['hung', 'frozen']
/** States of a withdrawal that only its operator ends. */
const NEED_A_HAND = ['held', 'refused', 'stuck']

export const FEED_ALARMS = alarms([
  {
    id: 'FeedNotLooking',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: the chains were not reached for {{ $value | humanizeDuration }}',
    meaning: 'The feed has not read the chains for minutes: a daemon hangs, or the program does.',
    look: '`FeedDaemonHung` and `FeedDaemonDown`, and the log.',
    remedy: 'Restart the daemon that hangs; the feed then continues by itself.',
    expr: 'time() - pegnet_feed_pass_timestamp_seconds > 300',
    for: '5m',
    gatewayCheck: {
      name: 'passes',
      makes: 'ready',
      find: ({ passAgeMs: age, passLimitMs, trouble }) => ({
        ok: age !== null && age <= passLimitMs,
        found:
          age === null
            ? (trouble ?? 'none yet')
            : age === Infinity
              ? 'not since the clock was set'
              : `${Math.round(age / 1000)} s ago`,
      }),
    },
  },
  {
    id: 'FeedLagging',
    severity: 'warning',
    summary: '{{ $labels.gateway }}: {{ $value }} headers behind',
    meaning: 'Headers are not published fast enough, so deposits have to wait.',
    look: '`pegminer feed status` and the log say whether a daemon, the mempool or funds are the cause.',
    remedy:
      'Do what the log says; if the relay waits for its budget, raise `funds.outputs`. The feed catches up by itself.',
    expr: 'pegnet_feed_lag_blocks > 20',
    for: '15m',
    gatewayCheck: {
      name: 'lag',
      makes: 'ready',
      find: ({ relay }) =>
        relay === null
          ? null
          : {
              ok: relay.lag !== null && relay.lag <= relay.readyLag && relay.state !== 'blocked',
              found: relay.lag === null ? 'not known yet' : `${relay.lag} headers, ${relay.state}`,
            },
    },
  },
  {
    id: 'FeedGaps',
    severity: 'warning',
    summary: '{{ $labels.gateway }}: {{ $value }} headers are missing below the highest one',
    meaning: 'Headers are missing from what is published, for example after a reorganisation.',
    look: 'The log names them, and says what is done about it.',
    remedy: 'Nothing, while their number falls.',
    expr: 'pegnet_feed_gap_blocks > 0',
    for: '30m',
  },
  {
    id: 'FeedBlocked',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: the relay is {{ $labels.state }}',
    meaning:
      'The relay cannot continue by itself: another publisher uses the key, funds are missing, or a check fails.',
    look: '`pegminer feed check` says what is wrong.',
    remedy: 'Do what `pegminer feed check` says.',
    expr: 'pegnet_feed_state{state=~"blocked|funds|foreign"} == 1',
    for: '10m',
    notices: ['E_FEED_FORGED'],
    ofGateway: ({ trouble }) => (trouble === null ? [] : [`: ${trouble}`]),
  },
  {
    id: 'FeedFundsLow',
    severity: 'warning',
    summary: '{{ $labels.gateway }}: subscriptions run out',
    meaning:
      "Subscriptions run out, and the wallet of the asset daemon lacks coins, is locked, or the day's limit is reached.",
    look: '`pegnet_feed_wallet_coins`, and the log.',
    remedy: 'Send coins to the address that the log names, or raise `funds.dailyLimit`.',
    expr: 'pegnet_feed_headers_left < 300 or pegnet_feed_funds_alarm == 1',
    for: '10m',
    notices: ['E_FEED_FUNDS'],
    ofGateway: ({ funds }) => (funds.alarm === null ? [] : [` funds: ${funds.alarm}`]),
  },
  {
    id: 'FeedDaemonHung',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: the {{ $labels.chain }} daemon is {{ $labels.state }}',
    meaning: 'A daemon accepts calls and does not answer them, or its chain stands still.',
    look: '`pegnet_feed_daemon_state` says which of the two.',
    remedy: 'Kill the daemon with SIGKILL and start it again; the feed then continues by itself.',
    expr: `pegnet_feed_daemon_state{state=~"${HUNG.join('|')}"} == 1`,
    for: '2m',
    ofGateway: ({ daemons }) =>
      Object.entries(daemons).flatMap(([chain, daemon]) =>
        HUNG.includes(daemon) ? [`: the ${chain} daemon is ${daemon}`] : [],
      ),
  },
  {
    id: 'FeedDaemonDown',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: the {{ $labels.chain }} daemon cannot be reached',
    meaning: 'A daemon does not answer at its address.',
    look: 'Is the daemon running, and are address, user and password still right?',
    remedy: 'Start the daemon; the feed then continues by itself.',
    expr: 'pegnet_feed_daemon_state{state="down"} == 1',
    for: '5m',
  },
  {
    id: 'FeedWithdrawalNeedsHand',
    severity: 'warning',
    summary: '{{ $labels.gateway }}: {{ $value }} withdrawals are {{ $labels.state }}',
    meaning: 'Withdrawals are stuck, refused, or held for approval.',
    look: '`pegminer feed status` gives the reason for each.',
    remedy:
      'Use `pegminer feed approve` or `reject` for those that are held; for the others do what the log says. Nothing is paid twice.',
    expr: `sum by (instance, gateway, state) (pegnet_feed_withdrawals{state=~"${NEED_A_HAND.join('|')}"}) > 0`,
    for: '5m',
    notices: ['E_FEED_BLOCKED'],
    ofGateway: ({ withdrawals }) =>
      NEED_A_HAND.flatMap((state) => {
        const count = withdrawals.states[state] ?? 0
        return count === 0 ? [] : [`: ${count} ${count === 1 ? 'withdrawal' : 'withdrawals'} ${state}`]
      }),
  },
  {
    id: 'FeedThief',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: a co-signer proposed a payout that is not the withdrawal',
    meaning: 'A co-signer proposed a payout with a wrong recipient or a wrong amount. Nothing was signed.',
    look: 'The log has the transaction.',
    remedy: 'Talk to the co-signers: the machine of one of them may have been broken into.',
    expr: 'increase(pegnet_feed_refused_payouts_total[1h]) > 0',
    for: '0s',
    notices: ['E_FEED_THIEF'],
  },
  {
    id: 'FeedRefused',
    severity: 'critical',
    summary: '{{ $labels.gateway }}: a daemon made a transaction that is not what was asked for',
    meaning: 'A daemon built another transaction than it was asked for. It was not sent.',
    look: 'The log has the transaction.',
    remedy: "Find out why before you do anything else: the daemon's machine may have been broken into.",
    expr: 'increase(pegnet_feed_refused_transactions_total[1h]) > 0',
    for: '0s',
    notices: ['E_KOMODO_INSPECT'],
  },
  {
    id: 'FeedReorganised',
    severity: 'warning',
    summary: '{{ $labels.gateway }}: published headers were replaced after a deep reorganisation',
    meaning: 'Published headers were replaced after the reference chain lost blocks below the depth.',
    look: 'The log says how deep the reorganisation was.',
    remedy: 'Nothing; if it happens again, set a greater `depth`.',
    expr: 'increase(pegnet_feed_repairs_total[1h]) > 0',
    for: '0s',
  },
])
