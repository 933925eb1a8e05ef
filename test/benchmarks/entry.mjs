/*
 * The way in on the kernel bench: what the start of the program costs, how soon a new DFU device is asked, and how long a
 * whole `recover` takes beside what the board and the kernel need themselves. Figures, never a test.
 *
 *   npm run build && node test/benchmarks/entry.mjs [rounds]
 */
import { bin, call, close, median, ms, profileFor, ratio, readTrace, run, table, writeFile } from './guest.mjs';

const rounds = Number(process.argv[2] ?? 5);
const { row, print } = table();
const KiB = 1024;

/** Medians of the whole process, in turn. */
async function starts() {
  const programs = { node: ['-e', '0'], version: [bin, '--version'], plan: [bin, 'profile', 'show', 'rc-cap'] };
  const times = { node: [], version: [], plan: [] };
  for (let index = 0; index <= rounds; index++) {
    for (const [name, args] of Object.entries(programs)) {
      const { duration } = await run([process.execPath, ...args]);
      if (index > 0) times[name].push(duration);
    }
  }
  const of = (name) => median(times[name]);
  row('node -e 0', ms(of('node')));
  row('bootctl --version, over node -e 0', ratio(of('version') / of('node')));
  row('bootctl profile show, over node -e 0', ratio(of('plan') / of('node')));
  return of('node');
}

/** 32 KiB that the simulated board starts: the fixture's vectors, and bytes without a pattern behind its end. */
function image() {
  const data = Buffer.alloc(32 * KiB, 0x5a);
  for (let index = 0; index < data.length; index += 4) data.writeUInt32LE((index * 0x9e37_79b1) >>> 0, index);
  data.writeUInt32LE(0x2002_0000, 0);
  for (let word = 1; word < 64; word++) data.writeUInt32LE(0x0800_0201, word * 4);
  return data;
}
/** Two sectors of 16 KiB and 32 KiB of words (DS8626). */
const busy = 2 * 250 + ((32 * KiB) / 4) * 0.016;

/** One `recover` of a crashed board through an FT232R, at its named USB path, by the emulated target's truth. */
async function entry() {
  const boards = [{ name: 'board', profile: profileFor('F405_407'), scenario: {} }];
  const adapters = [{ name: 'adapter', chip: 'ft232r', board: 'board' }];
  const devices = await call('reset', { boards, adapters });
  const { usbPath } = devices.find(({ name }) => name === 'board');
  await writeFile('/tmp/image.bin', image());
  const argv = ['recover', '/tmp/image.bin', '--address', '0x08000000', '--profile', 'rc-cap', '--target', 'F405_407'];
  const { duration, stdout } = await run([
    process.execPath,
    bin,
    ...argv,
    '--usb-path',
    usbPath,
    '--json',
    '--trace',
    '/tmp/job.trace',
  ]);
  const result = JSON.parse(stdout.trim().split('\n').at(-1));
  const truth = await call('truth', null);
  const isRom = ({ what, device }) => what === 'enumerated' && /BOOTLOADER/.test(device);
  const rom = truth.findLast(isRom).t;
  const after = (moment, kind) => truth.find(({ what, t }) => what === kind && t >= moment).t;
  const reset = truth.findLast(({ what, level, t }) => what === 'nrst' && level === 1 && t < rom).t;
  const left = after(rom, 'left');
  const application = truth.find((event) => event.what === 'enumerated' && event.t > left && !isRom(event)).t;
  return {
    ...{ duration, stay: 1_000, ...result.durations },
    ...{ rom: rom - reset, application: application - left },
    ...opening(after(rom, 'dfu-request') - rom, await readTrace('/tmp/job.trace')),
  };
}

/** The first DFU request is in the trace and in the truth: it ties the two clocks together. */
function opening(first, events) {
  const request = events.find(({ event, setup }) => event === 'usb.control' && /^(21|a1)/.test(setup));
  const open = events.findLast(({ event, end }) => event === 'usb.open' && end < request.t);
  return { first, seen: first - (request.t - open.t), opened: first - (request.t - open.end) };
}

async function entries() {
  const all = [];
  for (let index = 0; index <= rounds; index++) {
    const one = await entry();
    if (index > 0) all.push(one);
  }
  const of = (key) => median(all.map((one) => one[key]));
  row('enumeration to the first DFU request', ms(of('first')), '<= 50 ms');
  row('of it until bootctl has seen it / has opened it', [of('seen'), of('opened')].map(ms).join(' / '));
  const least = busy + of('rom') + of('application');
  row('recover of 32 KiB, whole process', ms(of('duration')));
  row(
    'device busy / ROM from reset to enumeration / application from the leave to enumeration',
    [busy, of('rom'), of('application')].map(ms).join(' / '),
  );
  row('recover over their sum', ratio(of('duration') / least));
  row(
    'the same without the second for which the application has to stay',
    ratio((of('duration') - of('stay')) / least),
    '<= 1.25',
  );
  row('open / enter / flash / leave', ['open', 'enter', 'flash', 'leave'].map((part) => ms(of(part))).join(' / '));
}

await starts();
await entries();
print();
await close();
process.exit(0);
