/*
 * One board and eight at once on real drivers: by the library in one process, and by a jig with a process a slot. Figures, never
 * a test.
 *
 *   npm run bench -- slots
 *   node test/benchmarks/slots.mjs [KiB a board] [free | real]
 *
 * On two clocks. `free`: that of the kernel level, which skips waiting and on which processor time costs nothing: what is left is
 * what boards, kernel and bootctl wait for, on any machine alike. `real`: the one processor of a guest does the work of all
 * processes, of the drivers and of the emulated boards; what the emulated bus cannot carry shows there. What a real bus of full
 * speed adds is reckoned from the transfers of a job.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageOf } from './image-of.mjs';

const root = join(import.meta.dirname, '../..');
const kib = Number(process.argv[2] ?? 256);
const size = kib * 1024;
const rounds = { free: 1, real: 3 };
const most = 8;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const sum = (values) => values.reduce((total, one) => total + one, 0);
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
const numbersTo = (count) => Array.from({ length: count }, (_, index) => index + 1);
const imagePath = '/tmp/unit.bin';
const image = imageOf(size);

/** Boards whose applications run, each with an FT232R of its own. */
async function plugIn(call, profile, { count, onAllHubs }) {
  const devices = await call('reset', {
    onAllHubs,
    boards: numbersTo(count).map((number) => ({ name: `board-${number}`, profile, scenario: { flash: 'healthy' } })),
    adapters: numbersTo(count).map((number) => ({
      name: `adapter-${number}`,
      chip: 'ft232r',
      board: `board-${number}`,
    })),
  });
  await call('writeFile', { path: imagePath, base64: image.toString('base64') });
  return (name) => devices.find((device) => device.name === name).usbPath;
}

async function checkFlash(call, count) {
  for (const number of numbersTo(count)) {
    const held = await call('flash', { board: `board-${number}`, address: 0x0800_0000, length: size });
    if (!Buffer.from(held, 'base64').equals(image)) throw new Error(`board ${number} holds another image`);
  }
}

async function ran(call, argv) {
  const { status, stdout, stderr } = await call('run', { argv, timeout: 120_000 });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${status}\n${stdout.slice(-2_000)}\n${stderr}`);
  return stdout;
}

/** All in one process, by the library. */
async function byLibrary(call, profile, { count, onAllHubs }) {
  const pathOf = await plugIn(call, profile, { count, onAllHubs });
  const jobs = numbersTo(count).map((number) => ({
    ...{ serialNumber: `adapter-${number}`, image: imagePath },
    usbPath: pathOf(`board-${number}`),
  }));
  const plan = Buffer.from(JSON.stringify({ profile: 'rc-cap', jobs }));
  await call('writeFile', { path: '/tmp/jobs.json', base64: plan.toString('base64') });
  const script = join(root, 'test/kernel/scripts/boards.mjs');
  const { wall, results, transfers, wireBytes } = JSON.parse(
    await ran(call, [process.execPath, script, '/tmp/jobs.json']),
  );
  await checkFlash(call, count);
  const flash = results.map(({ durations }) => durations.flash);
  const attempts = results.flatMap((result) => result.attempts);
  return {
    ...{ total: wall, transfers, wireBytes, flash: median(flash) },
    missed: attempts.filter(({ outcome }) => outcome === 'window-missed').length,
    attempts: attempts.length,
    margin: Math.min(...attempts.flatMap(({ measuredMargin }) => measuredMargin ?? [])),
  };
}

/** By a station: a process a slot, the records on the disk before anything moves. */
async function byJig(call, profile, { count, onAllHubs }) {
  const pathOf = await plugIn(call, profile, { count, onAllHubs });
  const slots = numbersTo(count).map(
    (number) => `  S${number}: { adapter: "${pathOf(`adapter-${number}`)}", target: "${pathOf(`board-${number}`)}" }`,
  );
  const yaml = `station: bench
profile: rc-cap
image: ${imagePath}@0x08000000
slots:
${slots.join('\n')}
unit: { serial: { from: range, first: 1, last: 99999 } }
records: /tmp/records.db
`;
  await call('run', { argv: ['sh', '-c', 'rm -f /tmp/records.db*'] });
  await call('writeFile', { path: '/tmp/jig.yaml', base64: Buffer.from(yaml).toString('base64') });
  const argv = ['jig', 'run', '/tmp/jig.yaml', '--no-page', '--json', '--units', String(count)];
  const output = await ran(call, [process.execPath, join(root, 'bin/bootctl.js'), ...argv]);
  await checkFlash(call, count);
  return readStation(
    output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
}

function readStation(lines) {
  const claimed = lines.filter(({ event, slot }) => event === 'slot' && slot.state === 'claiming').map(({ t }) => t);
  const ended = lines.filter(({ event }) => event === 'run').map(({ t }) => t);
  const progress = lines.filter(({ event }) => event === 'progress');
  const of = (name) => progress.filter((line) => line.progress.event === name);
  const flash = (slot) => sum(of('phase.finished').flatMap((line) => (line.slot === slot ? [line.progress.took] : [])));
  const entered = of('bootloader.entered').map(({ t }) => t - Math.min(...claimed));
  const seen = of('application.seen').map(({ t, slot }) => t - of('target.left').find((line) => line.slot === slot).t);
  return {
    total: Math.max(...ended) - Math.min(...claimed),
    flash: median([...new Set(progress.map(({ slot }) => slot))].map(flash)),
    entered: [Math.min(...entered), Math.max(...entered)],
    seen: [Math.min(...seen), Math.max(...seen)],
    missed: of('attempt.failed').filter((line) => line.progress.code === 'window-missed').length,
    attempts: of('attempt.started').length,
    margin: Math.min(...of('window.measured').map(({ progress: { held, limit } }) => limit - held)),
  };
}

const columns = [
  ['boards', 10],
  ['total', 8],
  ['over 1', 8],
  ['flash', 8],
  ['entered', 14],
  ['app seen', 14],
  ['missed windows', 16],
  ['least margin', 14],
];
const line = (cells) => console.log(cells.map((text, index) => String(text).padStart(columns[index][1])).join(''));
const span = (of) => (of ? of.map((value) => value.toFixed(0)).join(' to ') : '');

/** The bench has two root hubs. */
const setups = [
  { count: 1, onAllHubs: false, name: '1' },
  { count: most, onAllHubs: false, name: `${most}` },
  { count: most, onAllHubs: true, name: `${most}, 2 hubs` },
];

/** One board, and eight. */
async function measure(title, rounds, run) {
  console.log(`\n${title}, ${rounds === 1 ? 'one round' : `medians of ${rounds} rounds`}; ms`);
  line(columns.map(([name]) => name));
  const rows = [];
  for (const { name, ...setup } of setups) {
    const runs = [];
    for (let round = 0; round < rounds; round++) runs.push(await run(setup));
    const { total, ...one } = runs.toSorted((a, b) => a.total - b.total)[Math.floor(rounds / 2)];
    rows.push({ total, ...one });
    const missed = `${sum(runs.map(({ missed }) => missed))} of ${sum(runs.map(({ attempts }) => attempts))}`;
    const margin = Math.min(...runs.map(({ margin }) => margin));
    line([
      ...[name, total.toFixed(0), (total / rows[0].total).toFixed(2), one.flash.toFixed(0)],
      ...[span(one.entered), span(one.seen), missed, margin.toFixed(1)],
    ]);
  }
  return rows;
}

try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/kernel'], {
    cwd: root,
    stdio: 'ignore',
  });
} catch {
  // type errors do not keep it from running
}
const { openKernelBenches } = await import(join(root, 'build/kernel/js/test/kernel/guest/guest.js'));
const { loadProfile } = await import(join(root, 'dist/src/index.js'));
const profile = loadProfile('rc-cap');

async function onClock(name) {
  const [bench] = await openKernelBenches({ atMost: 1, engine: 'uml', skipsWaiting: name === 'free' });
  const call = (what, argument) => bench.client.call(what, argument);
  await byLibrary(call, profile, setups[0]); // what a guest runs for the first time, it translates first
  await byJig(call, profile, setups[0]);
  const clock = name === 'free' ? 'processor time is free' : `real time, load ${load()}`;
  console.log(`\n${bench.where}; ${kib} KiB a board, ${clock}`);
  const library = await measure('the library, one process', rounds[name], (setup) => byLibrary(call, profile, setup));
  const jig = await measure('a jig, a process a slot', rounds[name], (setup) => byJig(call, profile, setup));
  if (name === 'real') console.log(`load at the end ${load()}`);
  await bench[Symbol.asyncDispose]();
  return { library, jig };
}

/** Bytes in a frame of 1 ms that transfers can have (USB 2.0 table 5-2: 32 transfers of 46 bytes, and 23 left). */
const frame = 1_495;

/** What the wire adds where all boards share one of full speed, or one translator; `free` has what they wait for without it. */
function reckon({ library: [one], jig: [alone, eight] }) {
  const wire = one.wireBytes / frame;
  const least = Math.max(eight.total + wire, most * wire);
  const worst = eight.total + most * wire;
  console.log(`
Reckoned, one bus of full speed or a hub with one translator: a job has ${one.transfers} transfers, ${wire.toFixed(0)} ms of the wire
(USB 2.0 tables 5-2 and 5-9, without stuffed bits), eight have ${(most * wire).toFixed(0)} ms. One board ${(alone.total + wire).toFixed(0)} ms. Eight from ${least.toFixed(0)} ms, where
the wire of one fits beside the waits of the others, to ${worst.toFixed(0)} ms, where none does: ${(least / (alone.total + wire)).toFixed(2)} to ${(worst / (alone.total + wire)).toFixed(2)} times one.
With a translator for each port eight take ${(eight.total + wire).toFixed(0)} ms: ${((eight.total + wire) / (alone.total + wire)).toFixed(2)} times one.`);
}

const wanted = process.argv[3];
if (wanted !== 'real') reckon(await onClock('free'));
if (wanted !== 'free') await onClock('real');
process.exit(0);
