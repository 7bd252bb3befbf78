/** Alarms of a watched peg. */
import { alarms, minutes } from './alarm.js'

/** Since the last look, ms. */
const LOOK_LIMIT_MS = 300_000
/** How far below the limit an owner is warned, as a share. */
const WARN_BEFORE = 0.08

export const PEGS_ALARMS = alarms([
  {
    id: 'PegsNotLooking',
    severity: 'critical',
    summary: '{{ $labels.instance }}: the peg was not looked at for {{ $value | humanizeDuration }}',
    meaning:
      'The watch of the peg has not reached its daemon for minutes, so how your account stands is not known.',
    look: 'The log says whether the daemon is away, hangs, or answers with errors.',
    remedy:
      'Start the daemon, or kill it with SIGKILL and start it again if it hangs; the watch continues by itself.',
    expr: `time() - pegnet_pegs_look_timestamp_seconds > ${LOOK_LIMIT_MS / 1000}`,
    for: '5m',
    pegsCheck: {
      name: 'looks',
      makes: 'ready',
      find: ({ lookAgeMs: age, trouble }) => ({
        ok: age !== null && age <= LOOK_LIMIT_MS,
        found: age === null ? (trouble ?? 'none yet') : `${minutes(age)} ago`,
      }),
    },
  },
  {
    id: 'PegsFrozen',
    severity: 'critical',
    summary: '{{ $labels.instance }}: the daemon of the peg answers, but its height stands still',
    meaning:
      'The daemon answers calls and gets no more blocks, as after gatewayswithdraw, or the whole chain stands still. Nothing is done by itself meanwhile.',
    look: 'Are other nodes of the chain ahead? `pegnet_pegs_height` says where this one stands.',
    remedy:
      'Kill the daemon with SIGKILL and start it again; if all nodes stand, mend what mines the chain and its price feeds.',
    expr: 'pegnet_pegs_frozen == 1',
    for: '1m',
    pegsCheck: {
      name: 'height',
      makes: 'ready',
      find: ({ frozen }) => ({ ok: !frozen, found: frozen ? 'it stands still' : 'it moves' }),
    },
  },
  {
    id: 'PegsRatioHigh',
    severity: 'critical',
    summary:
      '{{ $labels.instance }}: your account of {{ $labels.token }} owes {{ $value | humanizePercentage }} of its worth',
    meaning:
      'From the red ratio on others may pay the debt of your account and take some 95 % of its tokens.',
    look: '`pegminer pegs accounts` and `pegminer pegs price`.',
    remedy: '`pegminer pegs fund` puts more tokens in, `pegminer pegs redeem` pays the debt.',
    expr: `pegnet_pegs_ratio > on(instance) group_left() (pegnet_pegs_red_ratio - ${WARN_BEFORE})`,
    for: '0s',
  },
  {
    id: 'PegsMarketRatioHigh',
    severity: 'warning',
    summary:
      '{{ $labels.instance }}: your account of {{ $labels.token }} comes to {{ $value | humanizePercentage }} when the price has followed the market',
    meaning:
      'The price by which the chain goes lags behind the market by up to a day; by the market your account is near the red ratio.',
    look: '`pegnet_pegs_market_coins` against `pegnet_pegs_price_coins`.',
    remedy:
      'Put tokens in or pay the debt before the price has followed: `pegminer pegs fund` or `pegminer pegs redeem`.',
    expr: `pegnet_pegs_market_ratio > on(instance) group_left() (pegnet_pegs_red_ratio - ${WARN_BEFORE})`,
    for: '10m',
  },
  {
    id: 'PegsNoPrice',
    severity: 'warning',
    summary: '{{ $labels.instance }}: {{ $labels.token }} has no price',
    meaning:
      'Without a price no coins can be got and nothing can be exchanged or liquidated. A young chain has none for two days of blocks.',
    look: '`pegminer pegs price`, and whether the feeds of the chain have values.',
    remedy: 'Mend what the nodes get their prices from.',
    expr: 'pegnet_pegs_price_coins == 0',
    for: '30m',
  },
  {
    id: 'PegsLostAccounts',
    severity: 'warning',
    summary:
      '{{ $labels.instance }}: {{ $value }} accounts of {{ $labels.token }} can not be liquidated any more',
    meaning:
      'Accounts above some 95 % are worth less than the reward of a liquidation, so only their owners can mend them: the peg is not covered by them.',
    look: '`pegminer pegs worst` lists them.',
    remedy: 'Liquidate accounts between the red ratio and 95 % in time; tell the owners.',
    expr: 'pegnet_pegs_accounts{zone="lost"} > 0',
    for: '10m',
  },
  {
    id: 'PegsPoolLow',
    severity: 'warning',
    summary: '{{ $labels.instance }}: {{ $value }} operations fit into a block of the peg',
    meaning:
      'Each operation of an account takes an output of the peg, and few are left: operations have to wait.',
    look: '`pegnet_pegs_pool_outputs`: does it come back after a few blocks?',
    remedy: 'Nothing, if it comes back; else another program spends them on purpose.',
    expr: 'pegnet_pegs_pool_outputs < 10',
    for: '15m',
  },
  {
    id: 'PegsActionFailed',
    severity: 'critical',
    summary: '{{ $labels.instance }}: {{ $labels.rule }} of {{ $labels.token }} failed',
    meaning: 'What the watch should do by itself could not be carried out. It is tried again.',
    look: 'The log says why; `pegminer pegs accounts` how the account stands.',
    remedy: 'Do by hand what is needed: `pegminer pegs fund` or `pegminer pegs redeem`.',
    expr: 'increase(pegnet_pegs_actions_total{result="failed"}[1h]) > 0',
    for: '0s',
  },
  {
    id: 'PegsActionHeld',
    severity: 'critical',
    summary: '{{ $labels.instance }}: {{ $labels.rule }} of {{ $labels.token }} is due and was not begun',
    meaning:
      'The limit of the day, or what you have, does not suffice for what the watch should do by itself.',
    look: 'The log says what is missing.',
    remedy:
      'Get tokens or coins, or raise `daily` in the section `watch` of the plan and start the watch again.',
    expr: 'increase(pegnet_pegs_actions_total{result="held"}[1h]) > 0',
    for: '0s',
  },
])
