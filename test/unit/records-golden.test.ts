import { expect, test } from 'vitest';
import { failed, openAt, passed, request, someRecords } from '../helpers/records.ts';

const golden = (text: string) => request({ serial: { text }, purpose: 'golden' });

test('the last golden run of each label that has ended by itself: what it has shown, and when', () => {
  const records = someRecords();
  const run = (text: string) => records.claim(golden(text)).run;
  records.finish(run('GOLD-1'), failed());
  records.finish(run('GOLD-1'), passed());
  records.finish(run('GOLD-BAD'), failed({ code: 'methods-exhausted' }));
  records.finish(run('GOLD-BAD'), failed({ outcome: 'aborted', code: 'aborted' }));
  records.finish(records.claim(request({ serial: { text: 'SN-7' } })).run, passed());
  const [one, two, ...others] = records.lastGoldenRuns(['GOLD-1', 'GOLD-BAD', 'SN-7', 'GOLD-NEW']);
  expect(one).toEqual({ label: 'GOLD-1', outcome: 'pass', code: null, ended: expect.any(Number) });
  expect(two).toEqual({ label: 'GOLD-BAD', outcome: 'fail', code: 'methods-exhausted', ended: expect.any(Number) });
  expect(two!.ended).toBeGreaterThan(one!.ended);
  expect(others).toEqual([]);
});

test('a golden run that a power cut has ended is an error', () => {
  const records = someRecords();
  records.finish(records.claim(golden('GOLD-1')).run, passed());
  records.claim(golden('GOLD-1'));
  records[Symbol.dispose]();
  using again = openAt(records.path);
  expect(again.lastGoldenRuns(['GOLD-1'])).toMatchObject([{ outcome: 'error', code: 'interrupted' }]);
});
