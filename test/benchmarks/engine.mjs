/*
 * The DfuSe engine on the kernel bench, beside dfu-util, pydfu and a C program that does the same transfers, in the same
 * guest and in turn. Figures, never a test.
 *
 *   npm run build && node test/benchmarks/engine.mjs [rounds]
 *
 * Each program writes 256 KiB over another image, on a target that stands in DFU. dfu-util and pydfu do not verify.
 * pydfu is MicroPython's tools/pydfu.py; it runs where PYDFU names the file, and needs Debian's python3-usb.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bin,
  call,
  close,
  compile,
  median,
  ms,
  profileFor,
  ratio,
  readTrace,
  run,
  table,
  usbfsFile,
  writeFile,
} from './guest.mjs';
import { imageOf } from './image-of.mjs';

const rounds = Number(process.argv[2] ?? 5);
const KiB = 1024;
const size = 256 * KiB;

/** Times of the datasheets: src/sim/chip/personalities.ts. */
const targets = {
  F405: {
    family: 'F405_407',
    block: 2048,
    sectors: [0, 16, 32, 48, 64, 128].map((start) => start * KiB),
    busy: 4 * 250 + 550 + 1000 + (size / 4) * 0.016,
  },
  H743: { family: 'H74x_75x', block: 1024, sectors: [0, 128 * KiB], busy: 2 * 1000 + (size / 32) * 0.1 },
};
const sets = Object.keys(targets).flatMap((personality) =>
  ['held', 'busy'].flatMap((getStatus) => [
    { personality, getStatus, name: `${personality}, GETSTATUS ${getStatus}`, dfu: { getStatus } },
    {
      personality,
      getStatus,
      name: `${personality}, GETSTATUS ${getStatus}, announcing twice its time`,
      isTwice: true,
      dfu: { getStatus, announces: { program: 'twice', erase: 'twice', massErase: 100 } },
    },
  ]),
);

const images = {
  ours: imageOf(size, 1),
  changed: Buffer.from(imageOf(size, 1)),
  floor: imageOf(size, 2),
  peer: imageOf(size, 3),
};
images.changed[0x5000] ^= 0xff;
const file = (name) => `/tmp/${name}.bin`;

const pydfu = process.env.PYDFU;
if (pydfu) Object.assign(images, { dfuse: dfuSeFile(imageOf(size, 4)), pydfu: readFileSync(pydfu) });
/** It asks once whether an operation is over: it works only where the ROM holds its answer until then. */
const isPydfuFor = ({ getStatus }) => pydfu && getStatus === 'held';

/** The same bytes as a DfuSe file, which pydfu takes. */
function dfuSeFile(data) {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-pydfu-'));
  const [binary, dfuSe] = ['image.bin', 'image.dfu'].map((name) => join(folder, name));
  writeFileSync(binary, data);
  execFileSync(process.execPath, [bin, 'image', 'convert', `${binary}@0x08000000`, '-o', dfuSe], { stdio: 'ignore' });
  const made = readFileSync(dfuSe);
  rmSync(folder, { recursive: true });
  return made;
}

const floor = compile('floor');
const { row, print } = table();

async function setUp({ personality, dfu }) {
  const profile = profileFor(targets[personality].family);
  const board = { name: 'board', profile, scenario: { startsInRom: 'dfuIDLE', personality, rom: { dfu } } };
  const [{ usbPath }] = await call('reset', { boards: [board], adapters: [] });
  for (const [name, data] of Object.entries(images)) await writeFile(file(name), data);
  return usbPath;
}

const flash = (name, usbPath, ...more) => [
  ...[process.execPath, bin, 'flash', file(name), '--address', '0x08000000', '--profile', 'betaflight'],
  ...['--usb-path', usbPath, '--stay', '--force', '--json', ...more],
];

async function ours(name, usbPath) {
  const { duration, stdout } = await run(flash(name, usbPath));
  return { whole: duration, flash: JSON.parse(stdout.trim().split('\n').at(-1)).durations.flash };
}

/** One flash by each program on one board. pydfu is the last one: it always leaves. */
async function round(set) {
  const { block, sectors } = targets[set.personality];
  const usbPath = await setUp(set);
  const device = await usbfsFile(usbPath);
  const dfuUtil = await run(['dfu-util', '-a', '0', '-d', '0483:df11', '-s', '0x08000000', '-D', file('peer')]);
  const first = await ours('ours', usbPath);
  const again = await ours('ours', usbPath);
  const changed = await ours('changed', usbPath);
  const node = await run([process.execPath, '-e', '0']);
  const least = await run([floor, device, file('floor'), String(block), ...sectors.map(String)]);
  const python = isPydfuFor(set) && (await run(['/usr/bin/python3', file('pydfu'), '-u', file('dfuse')]));
  return {
    ...{ first: first.whole, flash: first.flash, again: again.flash, changed: changed.flash, node: node.duration },
    ...{ floor: Number(least.stdout), dfuUtil: dfuUtil.duration, pydfu: python ? python.duration : Number.NaN },
  };
}

/** Transfers, and where the time between the first and the last goes, by a trace of one flash. */
async function transfers(set) {
  const { personality, name } = set;
  const usbPath = await setUp(set);
  await run(flash('peer', usbPath));
  await run(flash('ours', usbPath, '--trace', '/tmp/job.trace'));
  const control = (await readTrace('/tmp/job.trace'))
    .filter(({ event, setup }) => event === 'usb.control' && /^(21|a1)/.test(setup))
    .map(({ t, end, setup }) => ({
      ...{ t, end, request: Number.parseInt(setup.slice(2, 4), 16) },
      value: Buffer.from(setup.slice(4, 8), 'hex').readUInt16LE(),
    }));
  const { block, busy } = targets[personality];
  const start = control.findIndex(({ request, value }) => request === 1 && value >= 2);
  const end = control.findIndex(({ request }, index) => index > start && request === 2);
  const reads = control.slice(end).filter(({ request }) => request === 2).length;
  const blocks = size / block;
  row(`${name}: transfers a block, writing / reading`, `${ratio((end - start) / blocks)} / ${ratio(reads / blocks)}`);
  const total = control.at(-1).end - control[0].t;
  row(`${name}: ${control.length} transfers, in all / device busy`, `${ms(total)} / ${ms(busy)}`);
}

async function measure(set) {
  const all = [];
  await round(set); // what a guest runs for the first time, it has to read first
  for (let index = 0; index < rounds; index++) all.push(await round(set));
  const of = (key) => median(all.map((one) => one[key]));
  const figure = (text, value, wanted) => row(`${set.name}: ${text}`, value, wanted);
  const { busy } = targets[set.personality];
  figure('flash + verify, whole process', ms(of('first')));
  figure('over device busy time', ratio(of('first') / busy), '<= 1.3');
  figure(
    'over dfu-util, which does not verify',
    ratio(of('first') / of('dfuUtil')),
    set.isTwice ? '<= 0.55' : '<= 0.95',
  );
  if (isPydfuFor(set)) figure('over pydfu, which does not verify', ratio(of('first') / of('pydfu')), '<= 0.75');
  figure('first request to end, over the C program', ratio(of('flash') / of('floor')), '<= 1.03');
  figure('the C program over device busy time', ratio(of('floor') / busy));
  figure('the C program and node -e 0, over dfu-util', ratio((of('floor') + of('node')) / of('dfuUtil')));
  figure('the same image again, over the first', ratio(of('again') / of('flash')), '<= 0.15');
  const wanted = set.personality === 'F405' ? '<= 0.25' : '';
  figure('one changed sector, vectors guarded, over the first', ratio(of('changed') / of('flash')), wanted);
  figure('outside the flash, over node -e 0', ratio((of('first') - of('flash')) / of('node')), '<= 3');
  await transfers(set);
}

for (const set of sets) await measure(set);
print();
await close();
process.exit(0);
