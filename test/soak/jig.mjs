/*
 * Thousands of simulated units on a jig whose slots and station are killed at any moment, whose disk is full and whose records
 * are locked by somebody else. In the end: no number twice, none unaccounted, no PASS without its row, no slot that stays dead.
 *
 *   npm run soak:jig -- --units 10000 --slots 8 --kill
 *   npm run soak:jig -- --units 200 --seed 7 --keep       # the folder stays
 *   npm run soak:jig -- --units 200 --kill --chips        # units are known by their chips, over USART
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

const { values: given } = parseArgs({
  options: {
    units: { type: 'string', default: '1000' },
    slots: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    kill: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    chips: { type: 'boolean', default: false },
  },
});
const [units, slots, seed] = [given.units, given.slots, given.seed].map(Number);
const root = join(import.meta.dirname, '../..');
const bootctl = join(root, 'bin/bootctl.js');
const folder = mkdtempSync(join(tmpdir(), 'bootctl-soak-jig-'));
const records = join(folder, 'records.db');
const range = { first: 1, last: units * 4 };

/** The same moments again by the same seed, as far as a busy computer lets them be. */
const generator = xoroshiro128plus(seed);
const between = (least, most) => uniformInt(generator, least, most);

const places = Array.from(
  { length: slots },
  (_, index) => `  S${index + 1}: { adapter: "1-3.${index + 1}", target: "1-2.${index + 1}" }`,
);
// Its ROM shows the id of its chip over USART.
writeFileSync(
  join(folder, 'over-usart.yaml'),
  `id: over-usart
description: the reference circuit, with its USB connected nowhere
target: { family: F405_407 }
adapter: {}
wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }
boot0: { chargeResistor: 1k, capacitor: 4.7uF, bleedResistor: 47k, diodeDrop: 0.3V, tolerance: 20%, vih: 2.31V, vil: 0.99V, supply: 3.3V }
usart: { connected: true }
usb: { connected: false }
methods: [rc-cap]
application: { expect: none }
`,
);
const chipPatch = given.chips ? ', "0x0800FF40={uid}"' : '';
writeFileSync(
  join(folder, 'jig.yaml'),
  `station: soak
lot: SOAK
profile: ${given.chips ? './over-usart.yaml' : 'rc-cap'}
image: ${join(root, 'test/fixtures/firmware/blink-f405.hex')}
slots:
${places.join('\n')}
start: { on: [insert], settle: 5ms }
unit:
  serial: { from: range, first: ${range.first}, last: ${range.last}, format: "SN{number:08}{check}" }
  patch: ["0x0800FF00=text:{serial}", "0x0800FF20=u32:{number}"${chipPatch}]
limits: { enter: { high: 20s } }
`,
);

const count = {};
const add = (what) => {
  count[what] = (count[what] ?? 0) + 1;
};
/** Runs whose PASS somebody may have seen. */
const shown = new Set();
const faults = [];

const childrenOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};
const isThere = (pid) => {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
};
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The file is the same for each SQLite: node's own says on Node 22 that it is experimental.
const Database = createRequire(import.meta.url)('libsql');
const openDatabase = (path) => new Database(path);

/** Somebody else has the records for a while. */
async function lockRecords(time) {
  const database = openDatabase(records);
  try {
    database.exec('BEGIN EXCLUSIVE');
    await sleep(time);
    database.exec('ROLLBACK');
    add('times locked');
  } catch {
    // The station is writing: it has them itself.
  } finally {
    database.close();
  }
}

/** The records cannot grow for a while: what a full disk is to the one who writes. */
async function fillDisk(pid, time) {
  const limit = (size) => spawnSync('prlimit', ['--pid', String(pid), `--fsize=${size}`]).status === 0;
  const { size } = statSync(records);
  if (!limit(`${Math.max(1024, size - 4096)}:unlimited`)) return;
  add('times full');
  await sleep(time);
  limit('unlimited:unlimited');
}

/** What happens to a station while it runs; each by its share. */
const blows = [
  { share: 70, hit: (station) => hitSlot(station, 'SIGKILL', 'slots killed') },
  { share: 3, hit: (station) => hitSlot(station, 'SIGSTOP', 'slots stopped') },
  { share: 10, hit: () => lockRecords(between(10, 1_500)) },
  { share: 10, hit: (station) => fillDisk(station.pid, between(50, 1_000)) },
  {
    share: 7,
    hit: (station) => {
      add('stations killed');
      signal(station.pid, 'SIGKILL');
    },
  },
];
const stopped = new Set();
function hitSlot(station, name, what) {
  const pids = childrenOf(station.pid);
  if (pids.length === 0) return;
  const pid = pids[between(0, pids.length - 1)];
  if (name === 'SIGSTOP') stopped.add(pid);
  add(what);
  signal(pid, name);
}

async function harass(station) {
  while (station.exitCode === null && station.signalCode === null) {
    await sleep(between(100, 2_500));
    let at = between(1, 100);
    const blow = blows.find(({ share }) => {
      at -= share;
      return at <= 0;
    });
    if (station.exitCode === null && station.signalCode === null) await blow.hit(station);
  }
}

/** One life of the station, until it has its units or is killed. */
async function live(wanted, life) {
  const argv = [
    'jig',
    'run',
    '--simulate',
    '--no-page',
    '--json',
    '--units',
    String(wanted),
    '--seed',
    String(seed + life),
  ];
  const station = spawn(process.execPath, [bootctl, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  station.stderr.on('data', (text) => {
    said = (said + text).slice(-4_096);
  });
  const worked = new Set();
  createInterface({ input: station.stdout }).on('line', (line) => {
    const event = line.startsWith('{') ? JSON.parse(line) : {};
    if (event.event === 'run') worked.add(event.run.slot);
    if (event.event !== 'slot') return;
    const { state, verdict, run } = event.slot;
    if (verdict?.outcome === 'pass') shown.add(run);
    if (state === 'held') add('slots held');
  });
  const pids = () => childrenOf(station.pid);
  let last = [];
  const watch = setInterval(() => {
    last = pids().length > 0 ? pids() : last;
  }, 50);
  const ended = new Promise((resolve) => station.on('close', (status, name) => resolve(name ?? status)));
  if (given.kill) void harass(station);
  const how = await ended;
  clearInterval(watch);
  for (const pid of stopped) signal(pid, 'SIGKILL');
  stopped.clear();
  // The disk was full when it began: that is said, and it is started again.
  const isRefused = how === 2 && said.includes('[records-unwritable]');
  if (isRefused) add('starts refused');
  if (how !== 0 && how !== 'SIGKILL' && !isRefused) faults.push(`the station ended with ${how}: ${said.trim()}`);
  await noOrphans(last);
  return { how, worked };
}

/** Slot processes notice that their station is gone, and end. */
async function noOrphans(pids) {
  for (let waited = 0; waited < 40_000; waited += 100) {
    if (!pids.some(isThere)) return;
    await sleep(100);
  }
  faults.push(`slot processes without a station: ${pids.filter(isThere).join(' ')}`);
}

const rows = (sql) => {
  const database = openDatabase(records);
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
};
const one = (sql) => Object.values(rows(sql)[0])[0];
const passedUnits = () => one("SELECT count(DISTINCT unit) FROM run WHERE outcome = 'pass'");

const began = Date.now();
let last;
let life = 0;
for (; life < 10_000; life++) {
  let wanted = units;
  try {
    wanted = units - passedUnits();
  } catch {
    // No records yet.
  }
  if (wanted <= 0) break;
  last = await live(wanted, life);
  if (faults.length > 0) break;
}
add('lives');
count.lives = life;

const expectNone = (what, sql) => {
  const found = rows(sql);
  if (found.length > 0) faults.push(`${what}: ${JSON.stringify(found.slice(0, 5))}`);
};
expectNone(
  'a number in two units',
  "SELECT serial, count(DISTINCT unit) AS units FROM run WHERE serial IS NOT NULL AND flash <> 'untouched' GROUP BY serial HAVING units > 1",
);
expectNone(
  'a unit that has passed twice',
  "SELECT unit, count(*) AS passes FROM run WHERE outcome = 'pass' GROUP BY unit HAVING passes > 1",
);
if (given.chips) {
  expectNone('a PASS without a chip', "SELECT id FROM run WHERE outcome = 'pass' AND chip_uid IS NULL");
  expectNone(
    'a chip in two units',
    'SELECT chip_uid, count(DISTINCT unit) AS units FROM run WHERE chip_uid IS NOT NULL GROUP BY chip_uid HAVING units > 1',
  );
  expectNone(
    'a flash that was touched before the chip was known',
    "SELECT id, flash FROM run WHERE chip_uid IS NULL AND flash <> 'untouched' AND code <> 'interrupted'",
  );
}
expectNone('a run without an end', 'SELECT id, slot FROM run WHERE outcome IS NULL');
const passes = new Set(rows("SELECT id FROM run WHERE outcome = 'pass'").map(({ id }) => id));
for (const run of shown) if (!passes.has(run)) faults.push(`a PASS without its row: run ${run}`);
const check = spawnSync(process.execPath, [bootctl, 'jig', 'report', records, '--check'], { encoding: 'utf8' });
if (check.status !== 0) faults.push(`the records do not check: ${check.stderr.trim()}`);
const report = spawnSync(process.execPath, [bootctl, 'jig', 'report', records], { encoding: 'utf8' }).stdout;
const [, used, burnt, claimed, free] =
  /(\d+) used, (\d+) burnt, (\d+) claimed, (\d+) free/.exec(report.replaceAll(/(\d),(\d{3})/g, '$1$2')) ?? [];
const accounted = Number(used) + Number(burnt) + Number(claimed) + Number(free);
if (accounted !== range.last - range.first + 1) faults.push(`numbers unaccounted: ${accounted} of ${range.last}`);
if (Number(claimed) !== 0) faults.push(`${claimed} numbers are still claimed`);
const dead = places.map((_, index) => `S${index + 1}`).filter((slot) => !last?.worked.has(slot));
const lastRuns = one('SELECT count(*) FROM run');
if (dead.length > 0 && units >= 20 * slots) {
  const newest = rows(`SELECT DISTINCT slot FROM (SELECT slot FROM run ORDER BY seq DESC LIMIT ${20 * slots})`).map(
    ({ slot }) => slot,
  );
  const gone = dead.filter((slot) => !newest.includes(slot));
  if (gone.length > 0) faults.push(`slots that stay dead: ${gone.join(' ')}`);
}

const outcomes = Object.fromEntries(
  rows('SELECT outcome, count(*) AS runs FROM run GROUP BY outcome').map(({ outcome, runs }) => [outcome, runs]),
);
console.log(
  JSON.stringify({
    units: passedUnits(),
    runs: lastRuns,
    ...outcomes,
    used,
    burnt,
    free,
    shown: shown.size,
    ...count,
    seconds: Math.round((Date.now() - began) / 1000),
  }),
);
for (const fault of faults) console.error(`FAULT ${fault}`);
if (given.keep || faults.length > 0) console.error(`records and jig.yaml are in ${folder}`);
else rmSync(folder, { recursive: true });
process.exit(faults.length > 0 ? 1 : 0);
