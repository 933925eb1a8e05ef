/*
 * Stations with simulated units at one lot, as real processes behind networks that are cut, swallow or crawl; stations and PostgreSQL
 * are killed with -9, the database is put back from an older copy, a clock is a day off, a station is on two computers. In the end:
 * no number twice, no lot exceeded, every record in the database exactly once.
 *
 *   npm run soak:fleet -- --units 10000 --stations 5 --slots 4
 *   npm run soak:fleet -- --units 500 --seed 7 --keep          # the folder stays
 *
 * Ctrl-C: it is enough, and what was made until then is looked at.
 */
import { parseArgs } from 'node:util';
import { runCampaign } from './fleet-campaign.ts';

const { values: given } = parseArgs({
  options: {
    units: { type: 'string', default: '1000' },
    stations: { type: 'string', default: '5' },
    slots: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const [units, stations, slots, seed] = [given.units, given.stations, given.slots, given.seed].map(Number) as [
  number,
  number,
  number,
  number,
];
const enough = new AbortController();
process.once('SIGINT', () => enough.abort());
const say = (line: string) => console.log(line);
const { faults, figures, refused, blows, holds, seconds, folder } = await runCampaign({
  ...{
    units,
    stations,
    slots,
    seed,
    enough: enough.signal,
    keep: given.keep,
    say,
    alone: 6_000,
    calm: { least: 500, most: 6_000 },
  },
});
say('');
say(JSON.stringify({ ...figures, ...blows, seconds }));
for (const hold of holds) say(`held: ${hold}`);
for (const one of refused) say(`alarm: ${one}`);
for (const fault of faults) console.error(`FAULT ${fault}`);
if (given.keep) console.error(`records and jig.yaml files are in ${folder}`);
process.exit(faults.length > 0 ? 1 : 0);
