import { amount } from '../../base/text.ts';
import { alarmRemedies, isAlarmCode } from '../../fleet/alarm-remedies.ts';
import type { CheckedStation } from '../../fleet/check-records.ts';
import type { OpenAlarm } from '../../fleet/troubles.ts';
import { tableLines } from './table.ts';

/** What a check of the database has found, for a terminal. */
export const checkLines = (
  stations: readonly CheckedStation[],
  alarms: readonly OpenAlarm[],
  waiting: readonly string[],
): readonly string[] => [
  ...stations.map(({ station, records, hash, problems }) =>
    records === 0 && problems.length === 0
      ? `${station}: no record yet`
      : `${station}: ${amount(records, 'records')}${problems.length === 0 ? ' as they were sent' : ''}, the last one ${hash.slice(0, 16)}…`,
  ),
  ...stations.flatMap(({ station, problems }) => problems.map((problem) => `${station}: ${problem}`)),
  ...(stations.length === 0 ? ['No station has joined.'] : []),
  ...(waiting.length === 0
    ? []
    : [
        '',
        `The database was put back. Nothing is granted before these have told what they were granted: ${waiting.join(', ')}`,
      ]),
  ...(alarms.length === 0 ? ['', 'No alarm is open.'] : ['', ...alarmLines(alarms)]),
];

const alarmLines = (alarms: readonly OpenAlarm[]): readonly string[] => [
  ...tableLines(
    ['alarm', 'since (UTC)', 'station', 'code', 'why'],
    alarms.map(({ number, at, station, code, why }) => [
      ...[String(number), new Date(at).toISOString().replace('T', ' ').slice(0, 19), station ?? '', code, why],
    ]),
  ),
  '',
  ...[...new Set(alarms.map(({ code }) => code))].filter(isAlarmCode).map((code) => `${code}: ${alarmRemedies[code]}`),
  `Then \`bootctl fleet check --clear ${alarms[0]!.number} --why TEXT\`.`,
];
