/*
 * Edges of RTS and DTR on the kernel bench: when each was asked for, when the call that asks for it had returned, and when it
 * arrived at the emulated adapter's pin. Every way to ask is measured in turn, with nothing else to do and beside a program
 * that never rests. Figures, never a test.
 *
 *   npm run bench -- lines, or node test/benchmarks/lines.mjs [--entries 200] [--chip NAME] [--way NAME]
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '../..');
const built = (path) => import(join(root, 'dist/src', path));
const chips = ['ft232r', 'cp2102', 'ch340', 'pl2303', 'cdc-acm', 'cdc-acm-no-break'];
const monotonic = () => Number(process.hrtime.bigint()) / 1e6;

/** Requests and bits of the modem lines: asm-generic/ioctls.h, asm-generic/termios.h. */
const [TIOCMSET, TIOCM_DTR, TIOCM_RTS] = [0x5418, 0x002, 0x004];

/** Ways to move both lines of the open port, by name. */
async function waysOn(port, link) {
  const { default: koffi } = await import('koffi');
  const ioctl = koffi.load(null).func('int ioctl(int descriptor, unsigned long request, void *argument)');
  const bits = Buffer.alloc(4);
  const write = ({ rts, dtr }) =>
    bits.writeInt32LE((rts === 'asserted' ? TIOCM_RTS : 0) | (dtr === 'asserted' ? TIOCM_DTR : 0));
  return {
    // Both edges of a window by one call of the link.
    bootctl: (lines) => link.setLines(lines),
    'bootctl, two calls': (lines) => link.setLines(lines),
    serialport: ({ rts, dtr }) => port.set({ rts: rts === 'asserted', dtr: dtr === 'asserted', brk: false }),
    'TIOCMSET, thread': (lines) =>
      new Promise((resolve, reject) => {
        write(lines);
        ioctl.async(port.fd, TIOCMSET, bits, (error, result) => (result === 0 ? resolve() : reject(error)));
      }),
    'TIOCMSET, direct': async (lines) => {
      write(lines);
      if (ioctl(port.fd, TIOCMSET, bits) !== 0) throw new Error(`TIOCMSET: errno ${koffi.errno()}`);
    },
  };
}

/** Inside the guest: drives the hold window of rc-cap again and again, by the program's own sequence. */
async function inGuest(tty, way, entries) {
  const { findProfile } = await built('board/profile/find-profile.js');
  const { planEntry } = await built('board/circuit/planner.js');
  const { LineDriver, measuredHold } = await built('ops/job/adapter/line-driver.js');
  const { nodeSerialPorts } = await built('host/serial/node-serial.js');
  const { systemClock } = await built('host/system/system-clock.js');
  const profile = findProfile('rc-cap', { cwd: root });
  const { window, steps } = planEntry('rc-cap', profile.wiring, profile);
  const format = { baudRate: 115_200, parity: 'none' };
  let link;
  let port;
  if (way.startsWith('bootctl')) link = await nodeSerialPorts().open(tty, format);
  else {
    const { SerialPort } = await import('serialport');
    port = await SerialPort.binding.open({ path: tty, ...format, dataBits: 8, stopBits: 1, lock: true });
  }
  const move = (await waysOn(port, link))[way];
  const driver = new LineDriver({
    link: way === 'bootctl' ? link : { setLines: move },
    wiring: profile.wiring,
    clock: systemClock,
    report: () => {},
  });
  // The charge before the window and the start after it take their time, and nothing in them is measured.
  const short = steps.map((step, index) => (index === window.opens ? step : { ...step, hold: 3 }));
  // Whatever comes between the two readings makes it smaller.
  const offset = Math.max(...Array.from({ length: 100 }, () => monotonic() - systemClock.now()));
  const windows = [];
  for (let entry = 0; entry < entries; entry++) {
    const edges = await driver.drive({ steps: short, window, margin: 0, clear: 0 });
    const [opens, closes] = [edges[window.opens], edges[window.closes]];
    const moments = [opens, closes].map(({ from, to }) => ({ asked: from + offset, left: to + offset }));
    windows.push({
      moments,
      held: measuredHold({ window }, edges),
      hold: steps[window.opens].hold,
      limit: window.limit,
    });
  }
  process.stdout.write(JSON.stringify(windows));
  process.exit(0);
}

const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
const distribution = (values) => {
  const sorted = values.toSorted((one, other) => one - other);
  return [0.5, 0.9, 0.99, 1].map((part) => at(sorted, part).toFixed(2).padStart(6)).join(' ');
};

/** The edges of the truth log that open and close each window, in order: released DTR under asserted RTS, then both released. */
function arrivals(truth) {
  const edges = truth.filter(({ what }) => what === 'lines');
  return edges.flatMap((edge, index) => {
    const next = edges[index + 1];
    const before = edges[index - 1];
    const opens = edge.rts === 'asserted' && edge.dtr === 'released' && before?.dtr === 'asserted';
    return opens && next?.rts === 'released' ? [[edge.t, next.t]] : [];
  });
}

async function measure({ call, run }, chip, way, { entries, isBusy }) {
  const [{ tty }] = await call('reset', { adapters: [{ name: chip, chip }] });
  // The next reset ends it.
  if (isBusy) await call('start', { argv: ['sh', '-c', 'while :; do :; done'] });
  const argv = [process.execPath, import.meta.filename, 'in-guest', tty, way, String(entries)];
  const { stdout } = await run(argv);
  const windows = JSON.parse(stdout);
  const offset = await call('monotonic', null);
  const seen = arrivals(await call('truth', null)).map((pair) => pair.map((t) => t + offset));
  if (seen.length !== windows.length)
    throw new Error(`${chip}, ${way}: ${seen.length} of ${windows.length} windows arrived`);
  const each = windows.flatMap(({ moments }, index) =>
    moments.map(({ asked, left }, edge) => ({ left: left - asked, arrived: seen[index][edge] - asked })),
  );
  return {
    left: each.map(({ left }) => left),
    arrived: each.map(({ arrived }) => arrived),
    error: windows.map(({ hold }, index) => seen[index][1] - seen[index][0] - hold),
    missed: windows.filter(({ held, limit }) => held > limit).length,
    hold: windows[0].hold,
    limit: windows[0].limit,
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      entries: { type: 'string', default: '200' },
      chip: { type: 'string', multiple: true, default: chips },
      way: {
        type: 'string',
        multiple: true,
        default: ['bootctl', 'bootctl, two calls', 'serialport', 'TIOCMSET, thread', 'TIOCMSET, direct'],
      },
    },
  });
  // It opens a guest, which this script, run inside one, must not.
  const guest = await import('./guest.mjs');
  const entries = Number(values.entries);
  console.log(`# ${entries} windows each; ms as p50 p90 p99 max`);
  const columns = ['asked to returned', 'asked to pin', 'width at the pins minus hold'].map((name) => name.padEnd(29));
  for (const isBusy of [false, true]) {
    console.log(
      `\n# load ${loadavg()[0].toFixed(1)}\n${(isBusy ? 'beside a busy loop' : 'quiet').padEnd(38)}${columns.join('')}missed`,
    );
    for (const chip of values.chip) {
      for (const way of values.way) {
        // cdc_acm refuses the break that serialport sends along.
        if (way === 'serialport' && chip === 'cdc-acm-no-break') continue;
        const measured = await measure(guest, chip, way, { entries, isBusy }).catch((failure) => ({ failure }));
        const name = `${chip.padEnd(18)} ${way.padEnd(18)}`;
        if (measured.failure) {
          // pl2303 gives its adapter 100 ms, which a busy machine does not keep.
          console.log(`${name} ${/\[?Error: .*/.exec(measured.failure.message)?.[0] ?? measured.failure.message}`);
          continue;
        }
        const { left, arrived, error, missed, limit } = measured;
        const cells = [left, arrived, error].map((values) => distribution(values).padEnd(29));
        console.log(`${name} ${cells.join('')}${missed} (over ${limit.toFixed(1)} ms)`);
      }
    }
  }
  await guest.close();
}

if (process.argv[2] === 'in-guest') await inGuest(process.argv[3], process.argv[4], Number(process.argv[5]));
else await main();
