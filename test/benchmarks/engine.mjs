/*
 * The DfuSe engine on the kernel bench, beside dfu-util in the same guest. Figures, never a test.
 *
 *   npm run build && node test/benchmarks/engine.mjs [rounds]
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
try {
  execFileSync(process.execPath, [compiler, '-p', 'test/kernel'], { cwd: root, stdio: 'ignore' });
} catch {
  // type errors do not keep it from running
}
const { openKernelBench } = await import(join(root, 'build/kernel/js/test/kernel/guest/guest.js'));
const { findProfile } = await import(join(root, 'dist/src/board/profile/find-profile.js'));
const rounds = Number(process.argv[2] ?? 3);
const KiB = 1024;
const size = 256 * KiB;
const bin = join(root, 'bin/bootctl.js');

/** Datasheet times of 256 KiB: src/sim/chip/personalities.ts. */
const deviceTime = { F405: 4 * 250 + 550 + 1000 + (size / 4) * 0.016, H743: 2 * 1000 + (size / 32) * 0.1 };
const blockOf = { F405: 2048, H743: 1024 };

function image(seed) {
  const data = Buffer.alloc(size);
  let state = seed * 0x2545_f491;
  for (let index = 0; index < size; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[index] = state & 0xff;
  }
  data.writeUInt32LE(0x2002_0000, 0);
  data.writeUInt32LE(0x0800_0201, 4);
  return data;
}
const first = image(1);
const changed = Buffer.from(first);
changed[0x5000] ^= 0xff;

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(0)} ms`;
const bench = await openKernelBench();
const call = (name, argument) => bench.client.call(name, argument);
process.stderr.write(`# ${bench.where}\n`);

/** Compiled for the guest, which runs the host's programs. */
const floor = join(root, 'build/kernel/floor');
execFileSync('cc', ['-O2', '-static', '-o', floor, join(root, 'test/benchmarks/floor.c')]);

async function setUp(personality, dfu = {}, { startsInRom = 'dfuIDLE', adapters = [] } = {}) {
  const family = { F405: 'F405_407', H743: 'H74x_75x' }[personality];
  const profile = { ...findProfile('rc-cap', { cwd: root }), target: { family } };
  const board = { name: 'board', profile, scenario: { startsInRom, personality, rom: { dfu } } };
  const [{ usbPath }] = await call('reset', { boards: [board], adapters });
  for (const [name, data] of [
    ['first', first],
    ['changed', changed],
  ]) {
    await call('writeFile', { path: `/tmp/${name}.bin`, base64: data.toString('base64') });
  }
  return usbPath;
}

const ours = (usbPath, name, ...more) => [
  process.execPath,
  bin,
  ...['flash', `/tmp/${name}.bin`, '--address', '0x08000000', '--profile', 'betaflight', '--usb-path', usbPath],
  ...['--stay', '--force', '--json', ...more],
];
const peer = () => ['dfu-util', '-a', '0', '-d', '0483:df11', '-s', '0x08000000', '-D', '/tmp/first.bin'];

async function run(argv) {
  const result = await call('run', { argv });
  if (result.status !== 0) throw new Error(`${argv.join(' ')}: ${result.status}\n${result.stdout}\n${result.stderr}`);
  process.stderr.write(`#   ${argv.slice(0, 3).join(' ')} … ${ms(result.duration)}\n`);
  const last = result.stdout.trim().split('\n').at(-1);
  const flash = last?.startsWith('{') ? JSON.parse(last).durations.flash : undefined;
  return { whole: result.duration, flash };
}

/** The same transfers by a C program that does nothing else, ms. */
async function leastTime(dfu) {
  const path = await setUp('F405', dfu);
  const [bus, number] = await Promise.all(
    ['busnum', 'devnum'].map(async (name) => {
      const text = await call('readFile', `/sys/bus/usb/devices/${path}/${name}`);
      return Buffer.from(text, 'base64').toString().trim().padStart(3, '0');
    }),
  );
  const { status, stdout, stderr } = await call('run', {
    argv: [floor, `/dev/bus/usb/${bus}/${number}`, '/tmp/first.bin'],
  });
  if (status !== 0) throw new Error(`floor: ${status} ${stderr}`);
  return Number(stdout);
}

/** One changed sector where the lines have led in, so that nothing has to be guarded: each job enters by them. */
async function changedByLines() {
  const adapters = [{ name: 'adapter', chip: 'ft232r', board: 'board' }];
  await setUp('F405', {}, { startsInRom: undefined, adapters });
  const job = (name) =>
    run([
      process.execPath,
      bin,
      'flash',
      `/tmp/${name}.bin`,
      '--address',
      '0x08000000',
      '--profile',
      'rc-cap',
      '--json',
    ]);
  const written = await job('first');
  return (await job('changed')).flash / written.flash;
}

/** The first time, the same again, one changed sector, and dfu-util on a board of its own. */
async function round(personality, dfu) {
  const path = await setUp(personality, dfu);
  const written = await run(ours(path, 'first'));
  const same = await run(ours(path, 'first'));
  const one = await run(ours(path, 'changed'));
  await setUp(personality, dfu);
  const other = await run(peer());
  return { written, same, one, other, least: await leastTime(dfu) };
}

/** Where the time of a flash goes, by its trace. */
async function breakdown(personality, dfu) {
  const path = await setUp(personality, dfu);
  await run(ours(path, 'first', '--trace', '/tmp/job.trace'));
  const text = Buffer.from(await call('readFile', '/tmp/job.trace'), 'base64').toString();
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const control = events
    .filter(({ event, setup }) => event === 'usb.control' && /^(21|a1)/.test(setup))
    .map(({ t, end, setup, data }) => ({
      t,
      end,
      request: Number.parseInt(setup.slice(2, 4), 16),
      value: Buffer.from(setup.slice(4, 8), 'hex').readUInt16LE(),
      data,
    }));
  return { events, control };
}

/**
 * The main job on rc-cap through an FT232R: from the moment at which the kernel has configured the DFU device, by the
 * emulated target's truth, to the first DFU request, by the trace, and before that to the end of libusb's opening, which
 * waits for udevd. The last edge before ties the two clocks together.
 */
async function firstRequestAfterEnumeration() {
  const profile = findProfile('rc-cap', { cwd: root });
  const boards = [{ name: 'board', profile, scenario: {} }];
  await call('reset', { boards, adapters: [{ name: 'adapter', chip: 'ft232r', board: 'board' }] });
  const firmware = join(root, 'test/fixtures/firmware/blink-f405.hex');
  await run([process.execPath, bin, 'recover', firmware, '--profile', 'rc-cap', '--json', '--trace', '/tmp/job.trace']);
  const truth = await call('truth', null);
  const text = Buffer.from(await call('readFile', '/tmp/job.trace'), 'base64').toString();
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const first = events.find(({ event, setup }) => event === 'usb.control' && /^(21|a1)/.test(setup)).t;
  const enumerated = truth.find(({ what, device }) => what === 'enumerated' && /BOOTLOADER/.test(device)).t;
  const isReset = ({ rts, dtr }) => rts === 'asserted' && dtr === 'released';
  const edge = events.findLast((event) => event.event === 'lines.edge' && event.t < first && isReset(event)).t;
  const moved = truth.findLast((event) => event.what === 'lines' && event.t < enumerated && isReset(event)).t;
  const opened = events.findLast(({ event, end }) => event === 'usb.open' && end < first).end;
  const since = (moment) => moment - edge - (enumerated - moved);
  return { first: since(first), opened: since(opened) };
}

const table = [];
const row = (figure, value, wanted) => {
  table.push([figure, value, wanted]);
  process.stderr.write(`# ${figure}: ${value}\n`);
};
const sets = {
  announcing: {},
  twice: { announces: { program: 'twice', erase: 'twice', massErase: 100 } },
};
for (const [name, dfu] of Object.entries(sets)) {
  const all = [];
  await round('F405', dfu); // what a guest runs for the first time, it translates first
  for (let index = 0; index < rounds; index++) all.push(await round('F405', dfu));
  const of = (pick) => median(all.map(pick));
  if (name === 'announcing') {
    row('flash + verify, whole process', ms(of((r) => r.written.whole)), '');
    row(
      'flash + verify over device time, whole process',
      of((r) => r.written.whole / deviceTime.F405).toFixed(2),
      '<= 1.4',
    );
    row(
      'flash + verify over device time, first request to end',
      of((r) => r.written.flash / deviceTime.F405).toFixed(2),
      '',
    );
    row('the same image again, over the first time', of((r) => r.same.flash / r.written.flash).toFixed(3), '<= 0.15');
    row(
      'one changed sector of 16 KiB, over the first time, vectors guarded',
      of((r) => r.one.flash / r.written.flash).toFixed(3),
      '<= 0.2',
    );
    row('the same where the lines lead in', (await changedByLines()).toFixed(3), '<= 0.2');
    row('the same transfers by a C program, from open to end', ms(of((r) => r.least)), '');
    row('the C program over device time', of((r) => r.least / deviceTime.F405).toFixed(2), '');
    row(
      'flash + verify, first request to end, over the C program',
      of((r) => r.written.flash / r.least).toFixed(2),
      '',
    );
    row('the C program over dfu-util', of((r) => r.least / r.other.whole).toFixed(2), '');
    row('dfu-util without verify, whole process', ms(of((r) => r.other.whole)), '');
    row('flash + verify over dfu-util', of((r) => r.written.whole / r.other.whole).toFixed(2), '<= 0.75');
  } else {
    row('dfu-util, ROM announces twice its time', ms(of((r) => r.other.whole)), '');
    row(
      'flash + verify over dfu-util, ROM announces twice',
      of((r) => r.written.whole / r.other.whole).toFixed(2),
      '<= 0.5',
    );
    row('the C program over dfu-util, ROM announces twice', of((r) => r.least / r.other.whole).toFixed(2), '');
  }
}

/** Peak resident memory in KiB, by python's rusage of its children. */
async function peak(argv) {
  const script =
    'import resource,subprocess,sys; subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,check=True); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)';
  const { stdout, stderr, status } = await call('run', { argv: ['python3', '-c', script, ...argv] });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim());
}
const latencies = [];
for (let index = 0; index < rounds; index++) latencies.push(await firstRequestAfterEnumeration());
row('enumeration to the first DFU request', ms(median(latencies.map(({ first }) => first))), '<= 50 ms');
row('of it until libusb has it open', ms(median(latencies.map(({ opened }) => opened))), '');

const starts = [];
for (const argv of [
  [process.execPath, '-e', '0'],
  [process.execPath, bin, '--version'],
]) {
  const times = [];
  for (let index = 0; index <= rounds; index++) times.push((await call('run', { argv })).duration);
  starts.push(median(times.slice(1)));
}
row('start of node -e 0 / of bootctl --version', `${ms(starts[0])} / ${ms(starts[1])}`, '');

const path = await setUp('F405');
const [memory, bare] = [await peak(ours(path, 'first')), await peak([process.execPath, '-e', '0'])];
row('peak memory over node -e 0', `${(memory / bare).toFixed(2)} (${(memory / KiB).toFixed(0)} MiB)`, '<= 2.5');

for (const [personality, dfu, name] of [
  ['F405', {}, 'F405, GETSTATUS busy'],
  ['F405', { getStatus: 'held' }, 'F405, GETSTATUS held'],
  ['H743', {}, 'H743, GETSTATUS busy'],
  ['H743', { getStatus: 'held' }, 'H743, GETSTATUS held'],
]) {
  const { events, control } = await breakdown(personality, dfu);
  const blocks = size / blockOf[personality];
  const start = control.findIndex((event) => event.request === 1 && event.value >= 2);
  const end = control.findIndex((event, index) => index > start && event.request === 2);
  const reads = control.slice(end).filter((event) => event.request === 2).length;
  const total = control.at(-1).end - control[0].t;
  const busy = deviceTime[personality];
  // Queued transfers overlap: time in which at least one was under way, those included that the ROM held.
  let underWay = 0;
  let until = control[0].t;
  for (const { t, end } of control) {
    underWay += Math.max(0, end - Math.max(t, until));
    until = Math.max(until, end);
  }
  row(
    `${name}: transfers a block, writing / reading`,
    `${((end - start) / blocks).toFixed(2)} / ${(reads / blocks).toFixed(2)}`,
    '<= 3 / 1',
  );
  row(
    `${name}: total, of it device busy / transfers under way / none under way`,
    `${ms(total)}: ${ms(busy)} / ${ms(underWay)} / ${ms(total - underWay)}`,
    `${control.length} transfers`,
  );
  const appeared = events.find(({ event }) => event === 'usb.appeared');
  if (appeared) row(`${name}: from seeing the device to the first request`, ms(control[0].t - appeared.t), '');
}

for (const [figure, value, wanted] of table) console.log(`${figure.padEnd(66)} ${value.padStart(14)}   ${wanted}`);
await bench[Symbol.asyncDispose]();
process.exit(0);
