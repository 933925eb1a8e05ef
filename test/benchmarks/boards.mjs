/*
 * 1, 2, 4 and 8 boards at once in one process, each with its own adapter, USB path and image. Figures, never a test.
 *
 *   npm run build && node test/benchmarks/boards.mjs [simulated | kernel [placed|unplaced]]
 *
 * `simulated`: simulated boards in the same process, in real time, with the times of the data sheets; what the figures
 * have in CPU time is the product's and the simulator's. `kernel`: real drivers in a guest, whose one processor the
 * emulated boards share with the product.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { imageOf } from './image-of.mjs';

const root = join(import.meta.dirname, '../..');
const counts = [1, 2, 4, 8];
const rounds = 3;
const size = 32 * 1024;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const missedIn = (results) =>
  results.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'window-missed').length;
const marginsOf = (results) =>
  results.flatMap(({ attempts }) => attempts.flatMap(({ measuredMargin }) => measuredMargin ?? []));

/** In this process: as many jobs on simulated boards. */
async function simulatedJobs(count) {
  const { loadProfile, recover } = await import(join(root, 'dist/src/index.js'));
  const { createSimBench } = await import(join(root, 'dist/src/sim/index.js'));
  const { systemClock } = await import(join(root, 'dist/src/host/system/system-clock.js'));
  const profile = loadProfile('rc-cap');
  let transfers = 0;
  const job = async (number, bench) => {
    const { usb } = bench;
    const open = async (info) => {
      const device = await usb.open(info);
      for (const name of ['controlIn', 'controlOut']) {
        const original = device[name].bind(device);
        device[name] = (...request) => {
          transfers++;
          return original(...request);
        };
      }
      return device;
    };
    const counted = { list: () => usb.list(), onChange: (listener) => usb.onChange(listener), open };
    const named = { ...profile, usb: { ...profile.usb, path: '1-2' } };
    const image = imageOf(size, number);
    const result = await recover({ profile: named, image, address: 0x0800_0000, bench: { ...bench, usb: counted } });
    const held = bench.boards[0].memory.flash.read(0x0800_0000, size);
    if (result.ok && Buffer.compare(held, image) !== 0) throw new Error(`board ${number} holds another image`);
    return result;
  };
  await job(1, createSimBench({ profile })); // in virtual time: the modules are loaded and compiled
  transfers = 0;
  const benches = Array.from({ length: count }, () => createSimBench({ profile, clock: systemClock }));
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const before = process.cpuUsage();
  const began = performance.now();
  const results = await Promise.all(benches.map((bench, index) => job(index + 1, bench)));
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(before);
  const pause = { longest: delays.max / 1e6, p99: delays.percentile(99) / 1e6 };
  return { wall, cpu: (user + system) / 1e3, pause, transfers, results };
}

const inOwnProcess = (count) =>
  JSON.parse(
    execFileSync(process.execPath, [import.meta.filename, 'jobs', String(count)], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }),
  );

/** A guest with as many boards and adapters; `named` gives each job the USB path of its board. */
async function kernelJobs(bench, profile, count, named) {
  const call = (name, argument) => bench.client.call(name, argument);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const devices = await call('reset', {
    boards: numbers.map((number) => ({ name: `board-${number}`, profile, scenario: {} })),
    adapters: numbers.map((number) => ({ name: `adapter-${number}`, chip: 'ft232r', board: `board-${number}` })),
  });
  for (const number of numbers) {
    await call('writeFile', { path: `/tmp/image-${number}.bin`, base64: imageOf(size, number).toString('base64') });
  }
  const pathOf = (number) => devices.find(({ name }) => name === `board-${number}`).usbPath;
  const jobs = numbers.map((number) => ({
    serialNumber: `adapter-${number}`,
    image: `/tmp/image-${number}.bin`,
    ...(named ? { usbPath: pathOf(number) } : {}),
  }));
  const plan = Buffer.from(JSON.stringify({ profile: 'rc-cap', jobs }));
  await call('writeFile', { path: '/tmp/jobs.json', base64: plan.toString('base64') });
  const script = join(root, 'test/kernel/scripts/boards.mjs');
  const { status, stdout, stderr } = await call('run', { argv: [process.execPath, script, '/tmp/jobs.json'] });
  if (status !== 0) throw new Error(`${status} ${stderr}`);
  const ran = JSON.parse(stdout);
  for (const [index, { ok }] of ran.results.entries()) {
    const request = { board: `board-${index + 1}`, address: 0x0800_0000, length: size };
    const held = Buffer.from(await call('flash', request), 'base64');
    if (ok && !held.equals(imageOf(size, index + 1))) throw new Error(`board ${index + 1} holds another image`);
  }
  return ran;
}

function head(title) {
  console.log(`\n${title}; ${size / 1024} KiB a board, medians of ${rounds}; ms`);
  console.log(
    'boards   total   over 1   CPU   CPU/board   pause: longest (worst)   p99   missed windows   least margin   transfers   ok',
  );
}

/** One row, as soon as it is known; `one` are the runs of a single board. */
function row(count, runs, one) {
  const of = (pick) => median(runs.map(pick));
  const all = runs.flatMap(({ results }) => results);
  const worst = Math.max(...runs.map(({ pause }) => pause.longest));
  const cells = [
    [String(count), 6],
    [of(({ wall }) => wall).toFixed(0), 8],
    [(of(({ wall }) => wall) / median(one.map(({ wall }) => wall))).toFixed(2), 9],
    [of(({ cpu }) => cpu).toFixed(0), 6],
    [(of(({ cpu }) => cpu) / count).toFixed(0), 12],
    [`${of(({ pause }) => pause.longest).toFixed(1)} (${worst.toFixed(1)})`, 25],
    [of(({ pause }) => pause.p99).toFixed(1), 6],
    [`${missedIn(all)} of ${all.flatMap(({ attempts }) => attempts).length}`, 17],
    [Math.min(...marginsOf(all)).toFixed(1), 15],
    [String(of(({ transfers }) => transfers)), 12],
    [`${all.filter(({ ok }) => ok).length}/${all.length}`, 7],
  ];
  console.log(cells.map(([text, width]) => text.padStart(width)).join(''));
}

/** All counts, each some rounds. */
async function measure(title, run) {
  head(title);
  let one;
  for (const count of counts) {
    const runs = [];
    for (let round = 0; round < rounds; round++) runs.push(await run(count));
    one ??= runs;
    row(count, runs, one);
  }
}

const simulated = () => measure('simulated boards, real time', inOwnProcess);

async function kernel(only) {
  try {
    execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/kernel'], {
      cwd: root,
      stdio: 'ignore',
    });
  } catch {
    // type errors do not keep it from running
  }
  const { openKernelBench } = await import(join(root, 'build/kernel/js/test/kernel/guest/guest.js'));
  const { loadProfile } = await import(join(root, 'dist/src/index.js'));
  const profile = loadProfile('rc-cap');
  const bench = await openKernelBench();
  await kernelJobs(bench, profile, 1, true); // what a guest runs for the first time, it translates first
  for (const named of [true, false].filter((one) => only === undefined || one === (only === 'placed'))) {
    const title = `${bench.where}, ${named ? 'each board at its USB path' : 'no USB path named'}`;
    await measure(title, (count) => kernelJobs(bench, profile, count, named));
  }
  await bench[Symbol.asyncDispose]();
}

const [what, of] = process.argv.slice(2);
if (what === 'jobs') console.log(JSON.stringify(await simulatedJobs(Number(of))));
else {
  if (what !== 'kernel') await simulated();
  if (what !== 'simulated') await kernel(of);
}
process.exit(0);
