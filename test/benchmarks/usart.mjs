/*
 * The ROM's USART on the kernel bench: program and verify of an image over the time that its bytes need on the line and the
 * flash to take them, beside stm32flash. The emulated adapter keeps the rate of the line. Figures, never a test.
 *
 *   npm run bench -- usart, or node test/benchmarks/usart.mjs [--rounds 3] [--size KIB] [--chip NAME] [--rate BAUD]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bin, call, close, median, root, run, writeFile } from './guest.mjs';
import { imageOf } from './image-of.mjs';
import { lineTimes } from './usart-line.mjs';

const address = 0x0800_0000;
const block = 256;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    size: { type: 'string', default: '64' },
    chip: { type: 'string', multiple: true, default: ['ft232r', 'cp2102', 'ch340', 'pl2303', 'cdc-acm'] },
    rate: { type: 'string', multiple: true, default: ['115200', '460800'] },
  },
});
const size = 1024 * Number(values.size);

const image = imageOf(size);

const { builtInText } = await import(join(root, 'build/kernel/js/test/kernel/profile-text.js'));
const { parseProfile } = await import(join(root, 'dist/src/board/profile/parse-profile.js'));

const profileText = (rate) =>
  builtInText('two-line').replace(
    'methods:',
    `usart: { connected: true, baudRate: ${rate}, fastestBaudRate: ${rate} }
usb: { vendorId: "0483", productId: "df11", enumerationTimeout: 0.5s }
methods:`,
  );

async function setUp(chip, rate) {
  const profile = parseProfile(profileText(rate), 'two-line.yaml');
  const boards = [{ name: 'board', profile, scenario: { rom: { usb: false } } }];
  const [{ tty }] = await call('reset', { boards, adapters: [{ name: 'adapter', chip, board: 'board' }] });
  await writeFile('/tmp/image.bin', image);
  await writeFile('/tmp/two-line.yaml', profileText(rate));
  return tty;
}

/** ms of both phases, by what the job reports. */
async function ours(chip, rate) {
  const port = await setUp(chip, rate);
  const where = ['--address', String(address), '--profile', '/tmp/two-line.yaml', '--port', port];
  const { stdout } = await run([process.execPath, bin, 'flash', '/tmp/image.bin', ...where, '--json']);
  const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const took = (phase) =>
    lines
      .filter((line) => line.event === 'phase.finished' && line.phase === phase)
      .reduce((sum, one) => sum + one.took, 0);
  return { program: took('program'), verify: took('verify') };
}

/** stm32flash verifies each block after it: from the first to the last one programmed, by the target's truth. */
async function peer(chip, rate) {
  const tty = await setUp(chip, rate);
  const sequence = ['-i', '-rts,dtr,rts,,-rts,,,:-dtr,rts,,-rts'];
  await run([
    'stm32flash',
    ...sequence,
    '-b',
    String(rate),
    '-w',
    '/tmp/image.bin',
    '-v',
    '-S',
    `0x0${address.toString(16)}`,
    tty,
  ]);
  const programmed = (await call('truth', null)).filter(({ what }) => what === 'programmed').map(({ t }) => t);
  const blocks = size / block;
  if (programmed.length < blocks) throw new Error(`stm32flash programmed ${programmed.length} of ${blocks} blocks`);
  return ((programmed.at(-1) - programmed[0]) / (blocks - 1)) * blocks;
}

const cell = (text) => String(text).padStart(14);
console.log(`# ${values.size} KiB, medians of ${values.rounds}; ms, and over the line's time`);
console.log(
  `${'chip'.padEnd(18)}${['baud', 'line: program', 'verify', 'program', 'verify', 'both', 'stm32flash'].map(cell).join('')}`,
);
for (const rate of values.rate.map(Number)) {
  const least = lineTimes(size, rate);
  const both = least.program + least.verify;
  for (const chip of values.chip) {
    const rounds = [];
    for (let round = 0; round < Number(values.rounds); round++)
      rounds.push({
        ...(await ours(chip, rate)),
        peer: await peer(chip, rate),
      });
    const [program, verify, other] = ['program', 'verify', 'peer'].map((key) => median(rounds.map((one) => one[key])));
    const over = (value, base) => `${value.toFixed(0)} (${(value / base).toFixed(2)})`;
    const cells = [rate, least.program.toFixed(0), least.verify.toFixed(0), over(program, least.program)];
    cells.push(over(verify, least.verify), over(program + verify, both), over(other, both));
    console.log(`${chip.padEnd(18)}${cells.map(cell).join('')}`);
  }
}
await close();
