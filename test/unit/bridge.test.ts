import { mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Bench } from '../../src/bench/bench.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { nodeSerialPorts } from '../../src/host/serial/node-serial.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { enter } from '../../src/ops/enter.ts';
import { flash } from '../../src/ops/flash.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { pattern, startable } from '../helpers/engine.ts';
import { boardFile, f405 } from '../helpers/profile-file.ts';
import { openPty, ptyPossible } from '../helpers/pty.ts';

/**
 * A bridge as socat makes one: a pseudo-terminal of this kernel without modem lines and without parity, named by a symlink,
 * and the ROM at its far end, where the bridge sends 8E1. The kernel and the serial driver are real, the ROM is simulated.
 */
const profile = findProfile(
  boardFile('bridge', f405, 'usart: { connected: true }', 'usb: { connected: false }', 'methods: [manual]'),
  { cwd: '/' },
);
const farEnd = { baudRate: 115_200, parity: 'even' } as const;

async function bridge() {
  const pty = await openPty();
  const sim = createSimBench({ profile, scenario: 'already-usart', clock: systemClock });
  const wires = sim.boards[0].board.wires('bridge');
  wires.onReceive((bytes) => pty.send(bytes));
  const timer = setInterval(() => {
    const bytes = pty.taken();
    if (bytes.length > 0) wires.transmit(bytes, farEnd);
  }, 2);
  const port = join(mkdtempSync(join(tmpdir(), 'bootctl-bridge-')), 'target');
  symlinkSync(pty.path, port);
  const bench: Bench = { ...sim, serial: nodeSerialPorts() };
  const events: ProgressEvent[] = [];
  const job = { profile, bench, port, onProgress: (event: ProgressEvent) => void events.push(event) };
  const end = async () => {
    clearInterval(timer);
    await sim[Symbol.asyncDispose]();
    pty[Symbol.dispose]();
  };
  return { sim, job, events, end };
}

test.skipIf(!ptyPossible)(
  'a ROM behind it is found, flashed and left; the missing lines and parity are notes',
  async () => {
    const { sim, job, events, end } = await bridge();
    const content = startable(romPersonalities.F405, pattern(2_048));
    const image = parseImage(content, 'image', { address: 0x0800_0000 });
    try {
      // Nobody is at a terminal, and the profile knows no other way.
      expect(await enter(job)).toMatchObject({ ok: true, method: 'already-there', bootloader: 'usart' });
      expect(await flash({ ...job, image, noEntry: true })).toMatchObject({ ok: true, verified: true });
    } finally {
      await end();
    }
    const notes = events.flatMap((event) => (event.event === 'note' ? [event.message] : []));
    expect(notes.join('\n')).toMatch(/has no RTS and DTR: this board cannot be reset through it/);
    expect(notes.join('\n')).toMatch(/has not taken even parity.*unless a bridge adds it/);
    expect(Buffer.compare(sim.boards[0].memory.flash.read(0x0800_0000, content.length), content)).toBe(0);
    expect(sim.truth.of('left')).toMatchObject([{ address: 0x0800_0000 }]);
  },
  60_000,
);
