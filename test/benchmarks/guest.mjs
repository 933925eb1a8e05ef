/*
 * What the benchmarks on the kernel bench share: its guest, boards in it, and commands that are run and timed there.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const bin = join(root, 'bin/bootctl.js');

try {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'test/kernel'], {
    cwd: root,
    stdio: 'ignore',
  });
} catch {
  // type errors do not keep it from running
}
const { openKernelBench } = await import(join(root, 'build/kernel/js/test/kernel/guest/guest.js'));
const { findProfile } = await import(join(root, 'dist/src/board/profile/find-profile.js'));

const bench = await openKernelBench();
process.stderr.write(`# ${bench.where}\n`);
export const call = (name, argument) => bench.client.call(name, argument);
export const close = () => bench[Symbol.asyncDispose]();

export const profileFor = (family) => ({ ...findProfile('rc-cap', { cwd: root }), target: { family } });

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const ms = (value) => `${value.toFixed(0)} ms`;
export const ratio = (value) => value.toFixed(2);

/** Runs a command to its end; its duration in ms is that of the whole process. @throws Error where it fails */
export async function run(argv) {
  const result = await call('run', { argv });
  if (result.status !== 0) throw new Error(`${argv.join(' ')}: ${result.status}\n${result.stdout}\n${result.stderr}`);
  return result;
}

export async function writeFile(path, data) {
  await call('writeFile', { path, base64: Buffer.from(data).toString('base64') });
}

export async function readText(path) {
  return Buffer.from(await call('readFile', path), 'base64').toString();
}

/** The events of a trace, without its head. */
export async function readTrace(path) {
  const lines = (await readText(path)).trim().split('\n');
  return lines.slice(1).map((line) => JSON.parse(line));
}

/** The kernel's file of the USB device at this path. */
export async function usbfsFile(usbPath) {
  const [bus, number] = await Promise.all(
    ['busnum', 'devnum'].map(async (name) => (await readText(`/sys/bus/usb/devices/${usbPath}/${name}`)).trim()),
  );
  return `/dev/bus/usb/${bus.padStart(3, '0')}/${number.padStart(3, '0')}`;
}

/** A C program for the guest, which runs the host's programs. */
export function compile(name) {
  const program = join(root, 'build/kernel', name);
  execFileSync('cc', ['-O2', '-static', '-o', program, join(root, `test/benchmarks/${name}.c`)]);
  return program;
}

/** Rows of a table: what is printed at once to stderr, and at the end to stdout. */
export function table() {
  const rows = [];
  return {
    row(figure, value, wanted = '') {
      rows.push([figure, value, wanted]);
      process.stderr.write(`# ${figure}: ${value}${wanted && ` (${wanted})`}\n`);
    },
    print() {
      const width = Math.max(...rows.map(([figure]) => figure.length));
      for (const [figure, value, wanted] of rows)
        console.log(`${figure.padEnd(width)}  ${value.padStart(10)}  ${wanted}`.trimEnd());
    },
  };
}
