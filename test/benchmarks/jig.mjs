/*
 * What a jig costs beside its jobs: the time of a unit beyond its job, against the same job in one process, and the CPU time of
 * station and page at 16 slots and 60 units a minute. Simulated benches. Figures, never a test.
 *
 *   npm run bench -- jig
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');
const image = join(root, 'test/fixtures/firmware/blink-f405.hex');
const rounds = 3;
const units = 30;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** The same job again and again in this process, which has everything loaded: what a unit costs without a jig. */
async function bareJob() {
  const { loadProfile, recover } = await import(join(root, 'dist/src/index.js'));
  const profile = loadProfile('rc-cap');
  const times = [];
  for (let unit = 0; unit < units; unit++) {
    const began = performance.now();
    const { ok } = await recover({ profile, image, simulate: 'crashed' });
    if (!ok) throw new Error('the simulated job has failed');
    times.push(performance.now() - began);
  }
  return median(times);
}

/** From the insertion's turn to the verdict on the disk, and from the scan to "running", for a jig of so many slots. */
async function jig(slots, wanted, { pace = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-bench-jig-'));
  const places = Array.from(
    { length: slots },
    (_, index) => `  S${index}: { adapter: "1-3.${index + 1}", target: "1-2.${index + 1}" }`,
  );
  writeFileSync(
    join(folder, 'jig.yaml'),
    `station: bench\nprofile: rc-cap\nimage: ${image}\nslots:\n${places.join('\n')}\nstart: { on: [insert], settle: 5ms }\nunit: { serial: { from: range, first: 1, last: 99999 } }\npage: { listen: "127.0.0.1:0" }\n`,
  );
  const argv = ['jig', 'run', '--simulate', '--json', '--seed', '1', '--units', String(wanted), ...pace];
  const station = spawn(process.execPath, [join(root, 'bin/bootctl.js'), ...argv], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const at = new Map();
  const figures = { beyond: [], unit: [], cpu: 0, wall: 0 };
  let ready;
  createInterface({ input: station.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'station' && event.view.state === 'ready') ready ??= { t: event.t, cpu: cpuOf(station.pid) };
    if (event.event === 'slot' && event.slot.state === 'claiming') at.set(event.slot.name, event.t);
    if (event.event === 'slot' && event.slot.state === 'running' && event.slot.step === undefined)
      at.set(`${event.slot.name} job`, event.t);
    if (event.event === 'slot' && event.slot.state === 'judging') at.set(`${event.slot.name} done`, event.t);
    if (event.event === 'slot' && event.slot.state === 'verdict' && at.has(event.slot.name)) {
      const { name } = event.slot;
      figures.unit.push(event.t - at.get(name));
      figures.beyond.push(event.t - at.get(`${name} done`) + at.get(`${name} job`) - at.get(name));
      at.delete(name);
    }
    if (event.event === 'run' && ready)
      Object.assign(figures, { cpu: cpuOf(station.pid) - ready.cpu, wall: event.t - ready.t });
  });
  await new Promise((resolve) => station.on('close', resolve));
  rmSync(folder, { recursive: true });
  return figures;
}

/** Of one process, in ms (proc(5): utime and stime in ticks of 10 ms). */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const bare = [];
const one = [];
const beyond = [];
for (let round = 0; round < rounds; round++) {
  bare.push(await bareJob());
  const figures = await jig(1, units, { pace: ['--no-page'] });
  one.push(median(figures.unit));
  beyond.push(median(figures.beyond));
}
console.log(
  `a job in this process ${median(bare).toFixed(0)} ms, a unit of a jig with one slot ${median(one).toFixed(0)} ms: ${(median(one) / median(bare)).toFixed(2)}`,
);
console.log(`of it claim, verdict and records ${median(beyond).toFixed(0)} ms (goal: 100 ms at most)`);
const shift = await jig(16, 64);
const share = shift.cpu / shift.wall;
console.log(
  `16 slots with a page in real time: ${((shift.unit.length / shift.wall) * 60_000).toFixed(0)} units a minute, the station uses ${(100 * share).toFixed(1)} % of a core; at 60 units a minute ${((100 * share * 60) / ((shift.unit.length / shift.wall) * 60_000)).toFixed(1)} % (goal: 5 %)`,
);
