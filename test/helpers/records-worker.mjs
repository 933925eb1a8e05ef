// A station that works as fast as it can: `node records-worker.mjs RECORDS SEED DAY [UNITS]`. It says what it was told to be on the disk.
import { writeSync } from 'node:fs';
import { openRecords } from '../../dist/src/records/open-records.js';

const [path, seed, day, units = '1e9'] = process.argv.slice(2);
const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

/** Park and Miller's minimal standard generator. */
let state = Number(seed);
const chance = () => {
  state = (state * 16_807) % 2_147_483_647;
  return state / 2_147_483_647;
};
const one = (items) => items[Math.floor(chance() * items.length)];

/** Each life is a day after the one before: it begins with a backup. */
let now = Date.UTC(2026, 10, 1) + Number(day) * 86_400_000;
const records = openRecords(path, {
  station: 'line2-a',
  now: () => ++now,
  onBackupTrouble: (error) => say('trouble', error.message),
});
for (const { run } of records.interrupted) say('interrupted', run);
say('open');

const ends = [
  { outcome: 'pass', code: undefined, flash: 'verified' },
  { outcome: 'pass', code: undefined, flash: 'verified' },
  { outcome: 'fail', code: 'verify-mismatch', flash: 'differs' },
  { outcome: 'fail', code: 'methods-exhausted', flash: 'untouched' },
  { outcome: 'error', code: 'adapter-lost', flash: 'written in part' },
];
const common = {
  ...{ lot: '2611-A', quantity: undefined, purpose: 'production', operator: 'nobody', chipUid: undefined },
  ...{ passedBefore: 'refuse', failedBefore: 'retry', retests: 1000 },
  ...{ firmware: 'f', profile: 'p', plan: 'q', bootctl: '0.1.0' },
  serial: { first: 1, last: 100_000, format: (number) => `SN${String(number).padStart(6, '0')}` },
};
const measurement = { name: 'enter', unit: 'ms', low: undefined, high: 1500, outcome: 'pass' };

/** Up to four slots have a run at once. */
const open = [];
for (let unit = 0; unit < Number(units); ) {
  if (open.length < 4 && chance() < 0.6) {
    const claimed = records.claim({ ...common, slot: one(['A1', 'A2', 'A3', 'A4']), again: undefined });
    open.push(claimed.run);
    say('claimed', claimed.run, claimed.seq, claimed.number);
  } else if (open.length > 0) {
    const [run] = open.splice(Math.floor(chance() * open.length), 1);
    const end = one(ends);
    const measurements = [1, 2, 3].map(() => ({ ...measurement, value: chance() * 1000 }));
    const rest = { took: 4000, method: 'rc-cap', chip: undefined, measurements, result: { log: 'x'.repeat(1000) } };
    records.finish(run, { ...end, ...rest });
    say('ended', run, end.outcome, end.flash);
    unit++;
  }
}
records[Symbol.dispose]();
