/** Alarms of the program, its threads and its machine. */
import { alarms } from './alarm.js'
import { isStalled } from '../sources.js'

/** The disk must have this much more room than the limit before the alarm ends. */
const ROOM = 1.1

const slots = (list: readonly number[]): string => `thread${list.length === 1 ? '' : 's'} ${list.join(', ')}`

export const MACHINE_ALARMS = alarms([
  {
    id: 'MinerDown',
    severity: 'critical',
    summary: '{{ $labels.instance }} does not answer',
    meaning: 'Prometheus cannot reach the program: it does not run, or it does not answer.',
    look: '`systemctl status pegminer` and `journalctl -u pegminer -n 50` on the machine.',
    remedy:
      'Start it. If its exit code was 2, the settings are wrong: `pegminer config check` lists the mistakes.',
    expr: 'up{job="pegminer"} == 0',
    for: '2m',
    check: {
      name: 'running',
      makes: 'live',
      find: ({ state }) => ({ ok: state !== 'stopped', found: state }),
    },
  },
  {
    id: 'ConfigReloadFailed',
    severity: 'warning',
    summary: '{{ $labels.instance }} goes on with old settings: the new ones are wrong',
    meaning:
      'The configuration file was changed and is wrong. The old settings stay in effect, but a restart would fail.',
    look: 'The log and `pegminer config check` name each wrong line and the mistake.',
    remedy: 'Correct the file; it is read again as soon as it is saved.',
    expr: 'pegnet_config_last_reload_successful == 0',
    for: '5m',
    notices: ['E_CLI_RELOAD'],
  },
  {
    id: 'ComputeErrors',
    severity: 'critical',
    summary: '{{ $labels.instance }} computed wrong hashes',
    meaning:
      'A nonce that a thread reported was hashed again, with another result. No wrong record was published.',
    look: '`pegminer bytemap verify`, then `pegminer bench --stress`.',
    remedy:
      'The cause is bad memory, an overclocked processor, or a damaged ByteMap (`pegminer bytemap build --force`).',
    expr: 'increase(pegnet_miner_compute_errors_total[1h]) > 0',
    for: '0s',
    notices: ['E_MINER_COMPUTE'],
    level: 'error',
    ofMiner: ({ computeErrors }) =>
      computeErrors > 0 ? `${computeErrors} wrong hashes: check the memory` : null,
  },
  {
    id: 'FarmMachinesMissing',
    severity: 'warning',
    summary: '{{ $value }} machines of the farm of {{ $labels.instance }} are missing',
    meaning:
      'Machines of the farm have not been heard of for as long as their leases last, and did not say that they leave.',
    look: '`pegminer farm status` names them.',
    remedy: 'Look at the machine, its worker, and its connection to the NATS server.',
    expr: 'pegnet_farm_machines{state="missing"} > 0',
    for: '2m',
  },
  {
    id: 'FarmMachineRefused',
    severity: 'warning',
    summary: '{{ $labels.instance }} has refused a machine of its farm',
    meaning:
      'Too many hits of a machine were false, malformed, of another record, or more than its rate allows. None of them was published.',
    look: '`pegminer farm status` names it and says why.',
    remedy:
      'Check its memory (`pegminer bench --stress`). If it is not yours, take its credential away (docs/farm.md).',
    expr: 'increase(pegnet_farm_machines_refused_total[1h]) > 0',
    for: '0s',
    notices: ['E_FARM_REFUSED'],
  },
  {
    id: 'BenchChecksumWrong',
    severity: 'critical',
    summary: 'a benchmark on {{ $labels.instance }} computed wrong hashes',
    meaning: 'The hashes of a known range of nonces differ from those of the reference.',
    look: '`pegminer bench --stress`',
    remedy: 'As for ComputeErrors.',
    expr: 'pegnet_bench_wrong_checksums_total > 0',
    for: '0s',
  },
  {
    id: 'BenchStressErrors',
    severity: 'critical',
    summary: 'the stress test on {{ $labels.instance }} found {{ $value }} errors',
    meaning: 'A thread computed a wrong hash.',
    look: 'The label `thread` says which thread.',
    remedy: 'As for ComputeErrors.',
    expr: 'sum by (instance) (pegnet_bench_stress_errors_total) > 0',
    for: '0s',
  },
  {
    id: 'ThreadStalled',
    severity: 'critical',
    summary: '{{ $value }} hashing threads of {{ $labels.instance }} show no sign of life',
    meaning: 'A thread has not finished a batch of hashes for ten seconds; it usually takes milliseconds.',
    look: '`/api/v1/threads` names it. Is the machine suspended, swapping, or without free processors?',
    remedy:
      'The program restarts such a thread by itself. If this happens often, restart the program and check the memory with `pegminer bench --stress`.',
    expr: 'pegnet_miner_threads{state="stalled"} > 0 and on (instance) pegnet_miner_state{state="mining"} == 1',
    for: '1m',
    notices: ['E_MINER_SILENT'],
    check: {
      name: 'threads',
      makes: 'live',
      find: ({ state, threads }) => {
        const stalled = threads.filter(isStalled).map(({ slot }) => slot)
        return stalled.length === 0
          ? { ok: true, found: `${threads.length} turning` }
          : { ok: state !== 'mining', found: `stalled: ${stalled.join(', ')}` }
      },
    },
    watchdog: {
      kind: 'thread-stalled',
      code: 'E_WATCH_THREAD_STALLED',
      mends: true,
      why: ({ silent }) => (silent.length === 0 ? null : `no sign of life of ${slots(silent)}`),
    },
  },
  {
    id: 'ThreadRestarts',
    severity: 'warning',
    summary: '{{ $labels.instance }} keeps starting hashing threads again',
    meaning: 'Threads ended or stalled several times.',
    look: 'The log says why each time.',
    remedy: 'Check memory and temperature: `pegminer bench --stress`.',
    expr: 'increase(pegnet_miner_thread_restarts_total[1h]) > 3',
    for: '0s',
    notices: ['E_MINER_WORKER'],
  },
  {
    id: 'ThreadSlow',
    severity: 'warning',
    summary: 'a hashing thread of {{ $labels.instance }} is far slower than the others',
    meaning:
      'For five minutes a thread hashed far less than the others, or than it did before. It is started again.',
    look: '`/api/v1/threads`; `top -H` shows what else runs on its processor.',
    remedy:
      'If another program occupies a processor, use `--affinity`, or one thread fewer. `watchdog.slowShare` is the limit.',
    for: '0s',
    watchdog: {
      kind: 'thread-slow',
      code: 'E_WATCH_THREAD_SLOW',
      mends: true,
      why: ({ slow }) => (slow.length === 0 ? null : `far too slow: ${slots(slow)}`),
    },
  },
  {
    id: 'HashrateLow',
    severity: 'warning',
    summary: "{{ $labels.instance }} hashes below 70 % of its day's mean",
    meaning: 'The miner hashes more slowly than before.',
    look: 'Are other programs running, is the machine hot, were huge pages lost (HugePagesLost)?',
    remedy:
      '`pegminer bench --compare` with an earlier report shows whether the machine or the program is slower.',
    expr: 'sum by (instance) (rate(pegnet_miner_hashes_total[5m])) < 0.7 * avg_over_time(sum by (instance) (rate(pegnet_miner_hashes_total[5m]))[1d:5m]) and on (instance) pegnet_miner_state{state="mining"} == 1',
    for: '15m',
  },
  {
    id: 'HugePagesLost',
    severity: 'warning',
    summary:
      'only {{ $value | humanizePercentage }} of the ByteMap of {{ $labels.instance }} lies in huge pages',
    meaning: 'Less of the ByteMap is in huge pages than before, so hashing is slower.',
    look: 'The lines about huge pages at the start of the log give the reason and the command that changes it.',
    remedy: 'Run that command, then restart the miner while much memory is free.',
    expr: 'pegnet_miner_huge_pages_ratio < 0.9 and pegnet_miner_bytemap_bytes >= 16777216',
    for: '10m',
  },
  {
    id: 'JobSwitchSlow',
    severity: 'warning',
    summary: 'threads of {{ $labels.instance }} take {{ $value | humanizeDuration }} to begin new work',
    meaning: 'Threads take too long to change to new work, and hash old work meanwhile.',
    look: 'Are there more threads than processors?',
    remedy: 'Use fewer (`--threads`), or `--nice 0`.',
    expr: 'histogram_quantile(0.99, sum by (instance, le) (rate(pegnet_miner_job_switch_duration_seconds_bucket[1h]))) > 0.05',
    for: '30m',
  },
  {
    id: 'EventLoopLag',
    severity: 'warning',
    summary: 'the main thread of {{ $labels.instance }} is late by {{ $value | humanizeDuration }}',
    meaning: 'The main thread, which publishes, does not get enough processor time; records may be late.',
    look: 'The load of the machine: `uptime`.',
    remedy: 'Use one hashing thread fewer, or `--nice 10`.',
    expr: 'nodejs_eventloop_lag_p99_seconds > 1',
    for: '5m',
  },
  {
    id: 'ClockSteps',
    severity: 'warning',
    summary: 'the clock of {{ $labels.instance }} is set again and again',
    meaning: 'The clock of the machine was set twice or more within six hours, or the machine sleeps.',
    look: 'Each time the log says by how much and in which direction: `E_CLI_CLOCK`.',
    remedy:
      'Let one program keep the clock (`timedatectl`, `chronyc tracking`), and forbid sleep (`systemctl mask sleep.target`).',
    expr: 'sum by (instance) (increase(pegnet_clock_steps_total[6h])) > 1',
    for: '0s',
    notices: ['E_CLI_CLOCK'],
  },
  {
    id: 'ClockWrong',
    severity: 'warning',
    summary:
      'the clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} off that of most price sources',
    meaning:
      'The clock of the machine differs by more than a minute from that of most price sources. Minutes of blocks are then met too late.',
    look: '`timedatectl` shows whether the clock is kept by NTP; `pegminer prices doctor` shows each source.',
    remedy: 'Let one program keep the clock (`timedatectl`, `chronyc tracking`), and set it.',
    expr: 'abs(quantile by (instance) (0.5, pegnet_oracle_source_clock_skew_seconds)) > 60',
    for: '10m',
    notices: ['E_PRICES_CLOCK'],
  },
  {
    id: 'TooHot',
    severity: 'critical',
    summary: '{{ $labels.instance }} is too hot; mining is paused',
    meaning:
      'The processor has reached `watchdog.temperature`. Mining pauses and resumes below `watchdog.resumeTemperature`.',
    look: '`pegnet_machine_temperature_celsius`; the fans, dust, the temperature of the room.',
    remedy: 'Improve the cooling, or mine with fewer threads.',
    for: '0s',
    watchdog: {
      kind: 'hot',
      code: 'E_WATCH_HOT',
      why: ({ temperature }, { hot, cool }, raised) =>
        temperature !== null && hot > 0 && temperature > 0 && temperature >= (raised ? cool : hot)
          ? `the processor has ${Math.round(temperature)} °C`
          : null,
    },
  },
  {
    id: 'DiskFull',
    severity: 'critical',
    summary: 'the disk of the data directory of {{ $labels.instance }} is nearly full',
    meaning:
      'The disk of the data directory has less free space than `watchdog.diskFree`. With a full disk nothing can be published, because every payment is written down first.',
    look: '`df -h` and `du -sh` of the data directory.',
    remedy:
      "Free some space. Logs of other programs are the usual cause; the miner's own state grows by a few megabytes a month.",
    for: '5m',
    watchdog: {
      kind: 'disk-full',
      code: 'E_WATCH_DISK_FULL',
      why: ({ freeBytes }, limits, raised) =>
        freeBytes !== null && freeBytes < limits.freeBytes * (raised ? ROOM : 1)
          ? `${Math.round(freeBytes / 2 ** 20)} MiB are free for the data directory`
          : null,
    },
  },
  {
    id: 'WatchdogActionFailed',
    severity: 'warning',
    summary: 'the {{ $labels.action }} of the watchdog of {{ $labels.instance }} does not work',
    meaning: 'The command or the webhook failed, so an alarm or a report was not delivered.',
    look: 'The log line with E_WATCH_ACTION gives the reason.',
    remedy: 'Correct it; `pegminer mine --watchdog-test` runs each once.',
    expr: 'increase(pegnet_watchdog_actions_total{result="failed"}[1h]) > 0',
    for: '0s',
    notices: ['E_WATCH_ACTION'],
  },
  {
    id: 'PausedByHand',
    severity: 'info',
    summary: '{{ $labels.instance }} was paused by hand and stays so',
    meaning: 'Mining was paused through the API, the page or a key, and has not been resumed.',
    look: '`holds` in `/api/v1/summary`.',
    remedy: 'Resume it: by the same key, the page, or `POST /api/v1/resume`.',
    expr: 'pegnet_miner_hold{reason="manual"} == 1',
    for: '720m',
  },
])
