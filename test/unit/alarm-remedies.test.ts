import { expect, test } from 'vitest';
import { alarmRemedies, isAlarmCode } from '../../src/fleet/alarm-remedies.ts';
import { sourceFiles } from '../helpers/source-files.ts';

test('each alarm that a function of the centre raises has a remedy, and no other', () => {
  const raised = sourceFiles('src/fleet/centre').flatMap(({ text }) => [
    ...text.matchAll(/(?:raise_alarm\([^,']+, [^,']+|hold_station\([^,']+), '([a-z-]+)'/g),
  ]);
  const codes = new Set(raised.map(([, code]) => code!));
  expect([...codes].toSorted()).toEqual(Object.keys(alarmRemedies).toSorted());
  expect(['toString', 'of-tomorrow'].filter(isAlarmCode)).toEqual([]);
});
