/*
 * Figures, never a test: each is printed beside a peer that ran in turn with it in the same place.
 *
 *   npm run bench -- start
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const bin = join(root, 'bin/bootctl.js');
const firmware = join(root, 'test/fixtures/firmware/blink-f405.hex');
const runs = 15;

const node = (...args) => ({ command: process.execPath, args });
const pairs = [
  { name: 'bootctl --version / node -e 0', ours: node(bin, '--version'), peer: node('-e', '0') },
  { name: 'bootctl --help / node -e 0', ours: node(bin, '--help'), peer: node('-e', '0') },
  {
    name: 'simulated recover / node -e 0',
    ours: node(bin, 'recover', firmware, '--profile', 'rc-cap', '--simulate', '--quiet'),
    peer: node('-e', '0'),
  },
];

/** Whole-process time in ms. */
function time({ command, args }) {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

console.log(`${'figure'.padEnd(34)} ${'ours'.padStart(9)} ${'peer'.padStart(9)} ${'ratio'.padStart(6)}`);
for (const { name, ours, peer } of pairs) {
  time(ours);
  const samples = Array.from({ length: runs }, () => ({ ours: time(ours), peer: time(peer) }));
  const ratio = median(samples.map((sample) => sample.ours / sample.peer));
  const [a, b] = [median(samples.map((s) => s.ours)), median(samples.map((s) => s.peer))];
  console.log(
    `${name.padEnd(34)} ${`${a.toFixed(0)} ms`.padStart(9)} ${`${b.toFixed(0)} ms`.padStart(9)} ${ratio.toFixed(2).padStart(6)}`,
  );
}
