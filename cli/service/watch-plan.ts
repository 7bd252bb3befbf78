/** The settings of the watchdog, completed. Pure, apart from the check of cron expressions. */
import { cronMistake, isTimeZone } from '../../base/calendar.js'
import { problem, type Problem, type Settings } from '../../config/index.js'
import { type KeeperSettings } from '../../watch/index.js'
import type { WatchKey } from '../program/keys.js'

type WatchSettings = Pick<Settings, WatchKey>

const MINUTE = 60_000
const MIB = 2 ** 20
/** How far below the alarm mining resumes, °C, if no setting says it. */
const COOLER = 10

export function keeperSettingsOf(settings: WatchSettings): KeeperSettings {
  const [resume, pause] = [settings['schedule.resume'], settings['schedule.pause']]
  const timeZone = settings['schedule.timezone']
  const hot = settings['watchdog.temperature']
  const when = settings['report.when']
  return {
    limits: {
      slowShare: settings['watchdog.slowShare'] / 100,
      noEntryBlocks: settings['watchdog.noEntryBlocks'],
      pricesMs: settings['watchdog.priceAge'] * MINUTE,
      nodeMs: settings['watchdog.nodeSilence'] * 1000,
      hot,
      cool: settings['watchdog.resumeTemperature'] ?? hot - COOLER,
      freeBytes: settings['watchdog.diskFree'] * MIB,
    },
    actions: { command: settings['watchdog.command'], webhook: settings['watchdog.webhook'] },
    hours: resume === undefined || pause === undefined ? null : { resume, pause, timeZone },
    battery: settings['schedule.battery'],
    load: settings['schedule.load'] / 100,
    report: { when: /^off$/i.test(when) ? null : when, timeZone, webhook: settings['report.webhook'] },
  }
}

export function watchProblems(settings: WatchSettings): Problem[] {
  const problems: Problem[] = []
  for (const key of ['schedule.resume', 'schedule.pause', 'report.when'] as const) {
    const text = settings[key]
    const mistake = text === undefined || /^off$/i.test(text) ? null : cronMistake(text)
    if (mistake !== null) problems.push(problem('E_CONFIG_VALUE', `--${key}: ${mistake}`, key))
  }
  const [resume, pause] = [settings['schedule.resume'], settings['schedule.pause']]
  if ((resume === undefined) !== (pause === undefined)) {
    const [there, lacking] =
      resume === undefined ? ['schedule.pause', 'schedule.resume'] : ['schedule.resume', 'schedule.pause']
    problems.push(problem('E_CONFIG_MISSING', `--${there} needs --${lacking} beside it`))
  }
  const zone = settings['schedule.timezone']
  if (!isTimeZone(zone))
    problems.push(
      problem('E_CONFIG_VALUE', `--schedule.timezone: this system knows no ${zone}`, 'schedule.timezone'),
    )
  const [hot, cool] = [settings['watchdog.temperature'], settings['watchdog.resumeTemperature']]
  if (hot > 0 && cool !== undefined && cool >= hot)
    problems.push(
      problem(
        'E_CONFIG_VALUE',
        `--watchdog.resumeTemperature must be below --watchdog.temperature (${hot})`,
        'watchdog.resumeTemperature',
      ),
    )
  return problems
}
