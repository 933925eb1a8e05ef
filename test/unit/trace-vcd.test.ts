import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../src/trace/trace-event.ts';
import { vcdOf } from '../../src/trace/vcd.ts';
import { device } from '../helpers/machines.ts';
import { loadTrace } from '../helpers/replay.ts';
import { traceOf } from '../helpers/trace.ts';

/** Changes of each variable as `time value`, from the text of a VCD file; times in µs. A value that stays is no change. */
function changesOf(vcd: string): Readonly<Record<string, readonly string[]>> {
  const names = new Map([...vcd.matchAll(/^\$var \w+ \d+ (\S+) (\S+)/gm)].map(([, code, name]) => [code!, name!]));
  const changes: Record<string, string[]> = Object.fromEntries([...names.values()].map((name) => [name, []]));
  let time = 0;
  for (const line of vcd.slice(vcd.indexOf('$enddefinitions')).split('\n')) {
    if (line.startsWith('#')) time = Number(line.slice(1));
    const found = /^s(\S+) (\S+)$|^([01x])(\S+)$/.exec(line);
    const name = names.get(found?.[2] ?? found?.[4] ?? '');
    if (!found || !name) continue;
    const value = found[1] ?? found[3]!;
    const own = changes[name]!;
    // of several values at one time the last counts
    if (own.at(-1)?.startsWith(`${time} `)) own.pop();
    if (own.at(-1)?.split(' ')[1] !== value) own.push(`${time} ${value}`);
  }
  return changes;
}

const port = '/dev/ttyUSB0';
const edge = (t: number, end: number, rts: 'asserted' | 'released', dtr: 'asserted' | 'released'): TraceEvent => ({
  event: 'lines.edge',
  t,
  end,
  port,
  rts,
  dtr,
});

test('lines and pins are unknown from the moment a change is asked for until the driver has accepted it', () => {
  const vcd = vcdOf(
    traceOf(
      { event: 'serial.open', t: 1, end: 2, port, baudRate: 115_200, parity: 'none' },
      edge(2, 4, 'released', 'released'),
      edge(5, 7, 'released', 'asserted'),
      edge(50, 52.5, 'asserted', 'released'),
      { event: 'serial.close', t: 60, end: 61, port },
    ),
  );
  const { rts, dtr, nrst, boot0 } = changesOf(vcd);
  expect(rts).toEqual(['0 x', '4000 0', '50000 x', '52500 1', '61000 0']);
  expect(dtr).toEqual(['0 x', '4000 0', '5000 x', '7000 1', '50000 x', '52500 0']);
  expect(nrst).toEqual(['0 x', '4000 1', '50000 x', '52500 0', '61000 1']);
  expect(boot0).toEqual(['0 x', '4000 0', '5000 x', '7000 1', '50000 x', '52500 0']);
  expect(vcd).toContain('$timescale 1 us $end');
});

test('after a change that failed nobody knows, until the port is closed', () => {
  const failed = { ...edge(5, 7, 'asserted', 'released'), error: { code: 'adapter-lost', message: 'gone' } };
  const { rts } = changesOf(
    vcdOf(traceOf(edge(2, 4, 'released', 'released'), failed, { event: 'serial.close', t: 9, end: 9, port })),
  );
  expect(rts).toEqual(['0 x', '4000 0', '5000 x', '9000 0']);
});

test("the target's presence is that of its ids at the path that was opened", () => {
  const [bootloader, stranger, application] = [
    device('1-2', '9'),
    device('1-7', '3'),
    device('1-2', '10', '0483:5740'),
  ];
  const changes = changesOf(
    vcdOf(
      traceOf(
        { event: 'usb.present', t: 1, device: stranger },
        { event: 'usb.appeared', t: 5, device: bootloader },
        { event: 'usb.open', t: 6, end: 7, path: '1-2' },
        { event: 'usb.vanished', t: 8, device: bootloader },
        { event: 'usb.appeared', t: 9, device: application },
      ),
    ),
  );
  expect(changes.usb_bootloader).toEqual(['0 x', '1000 0', '5000 1', '8000 0']);
  expect(changes.usb_application).toEqual(['0 x', '1000 0', '9000 1']);
});

/** Why a tool cannot be asked, in words. */
const missing = (tool: string): string | undefined =>
  spawnSync(tool, ['--help']).error ? `${tool} is not installed` : undefined;

describe.each(['crashed', 'boot0-stuck-low'])('the VCD of %s is read to its end by', (name) => {
  const vcd = vcdOf(loadTrace(name));
  const inFolder = (work: (folder: string) => void) => {
    const folder = mkdtempSync(join(tmpdir(), 'bootctl-vcd-'));
    writeFileSync(join(folder, 'a.vcd'), vcd);
    try {
      work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  const noGtkwave = missing('vcd2fst');
  test(`GTKWave, which gives all of it back${noGtkwave ? ` (not run: ${noGtkwave})` : ''}`, ({ skip }) => {
    if (noGtkwave) return skip(noGtkwave);
    inFolder((cwd) => {
      const pack = spawnSync('vcd2fst', ['a.vcd', 'a.fst'], { cwd, encoding: 'utf8' });
      expect([pack.status, pack.stderr]).toEqual([0, '']);
      const unpack = spawnSync('fst2vcd', ['a.fst'], { cwd, encoding: 'utf8' });
      expect(changesOf(unpack.stdout)).toEqual(changesOf(vcd));
      expect(unpack.stdout).toMatch(/\$timescale\s+1us\s+\$end/);
    });
  });

  const noSigrok = missing('sigrok-cli');
  test(`sigrok, which takes the wires${noSigrok ? ` (not run: ${noSigrok})` : ''}`, ({ skip }) => {
    if (noSigrok) return skip(noSigrok);
    inFolder((cwd) => {
      const { stdout } = spawnSync('sigrok-cli', ['-i', 'a.vcd', '-I', 'vcd', '--show'], { cwd, encoding: 'utf8' });
      expect(stdout).toContain('Samplerate: 1000000\n');
      expect(stdout).toMatch(/- nrst: logic\n- boot0: logic\n/);
      expect(stdout).toContain(`Logic sample count: ${/.*#(\d+)/s.exec(vcd)![1]}\n`);
    });
  });
});

test('a whole job has its reset, its bootloader and its states', () => {
  const vcd = vcdOf(loadTrace('crashed'));
  const changes = changesOf(vcd);
  // two pulses on NRST, each between two unknowns, and BOOT0 was driven before them
  const pulse = ['x', '0', 'x', '1'];
  expect(changes.nrst!.map((change) => change.split(' ')[1])).toEqual(['x', '1', ...pulse, ...pulse]);
  expect(changes.state_bootEntry!.map((change) => change.split(' ')[1])).toEqual([
    '-',
    'rc-cap',
    'watching',
    'proving',
    'watching',
    'settling',
    'greeting',
    'entered',
  ]);
  const states = 'looking, trying, rc-cap, watching, proving, settling, greeting, entered';
  expect(vcd).toContain(`$comment state_bootEntry: ${states} $end`);
});

describe('bytes on serial', () => {
  const configured: TraceEvent = { event: 'serial.configure', t: 0, end: 1, port, baudRate: 11_000, parity: 'even' };
  const out = (t: number, end: number, data: string, on = port): TraceEvent => ({
    event: 'serial.out',
    t,
    end,
    port: on,
    data,
  });
  const received = (t: number, end: number, data: string, on = port): TraceEvent => ({
    event: 'serial.in',
    t,
    end,
    port: on,
    data,
  });

  test('stand while the driver takes them, and for their time on the wire before they had come', () => {
    // 8E1 at 11000 baud: a byte takes 1 ms.
    const vcd = vcdOf(traceOf(configured, out(2, 4, '11ee'), received(4, 10, '79'), received(10, 10.5, 'aabbcc')));
    const { tx, rx } = changesOf(vcd);
    expect(tx).toEqual(['0 -', '2000 11_EE', '4000 -']);
    expect(rx).toEqual(['0 -', '9000 79', '10000 AA_BB_CC', '10500 -']);
    expect(vcd).toContain('$comment tx: bytes sent on /dev/ttyUSB0, in hex $end');
  });

  test('of a block are the first eight and how many there are', () => {
    const { tx } = changesOf(vcdOf(traceOf(configured, out(2, 4, '00'.repeat(257)))));
    expect(tx?.[1]).toBe('2000 00_00_00_00_00_00_00_00_.._(257)');
  });

  test('of two ports have the names of both; without any there is no variable', () => {
    const names = Object.keys(changesOf(vcdOf(traceOf(out(1, 2, '7f'), out(3, 4, '0d', '/dev/ttyACM0')))));
    expect(names.filter((name) => name.startsWith('tx'))).toEqual(['tx_ttyUSB0', 'tx_ttyACM0']);
    expect(changesOf(vcdOf(traceOf(configured)))).not.toHaveProperty('tx');
  });

  test('the recorded job over USART has them all', () => {
    const { tx = [], rx = [] } = changesOf(vcdOf(loadTrace('usart')));
    expect(tx.map((change) => change.split(' ')[1])).toEqual(expect.arrayContaining(['7F', '00_FF', '21_DE']));
    expect(rx.some((change) => change.endsWith(' 79'))).toBe(true);
  });
});
