import { expect, test } from 'vitest';
import { startJig } from '../helpers/jig.ts';

test('a station makes as many good units as are wanted, no more, and ends', async () => {
  const { records, ended } = await startJig({ changes: { wanted: 5 } });
  const { isEnough, view } = await ended;
  expect(isEnough).toBe(true);
  expect(view.state).toBe('stopped');
  expect(records.runs.map(({ serial, end }) => [serial, end?.outcome])).toEqual(
    [1, 2, 3, 4, 5].map((number) => [`SN${number}`, 'pass']),
  );
});
