import { describe, expect, test, vi } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { parsePatch } from '../../src/image/patch.ts';
import { readImages } from '../../src/image/read-images.ts';
import type { Exchange, TalkStep } from '../../src/jig/plan/jig-plan.ts';
import type { FromSlot, SlotDone, SlotJob } from '../../src/jig/slot/slot-messages.ts';
import { type SlotDoors, SlotServer, type StepWork } from '../../src/jig/slot/slot-server.ts';
import { talk } from '../../src/jig/slot/talk.ts';
import type { FirmwarePort } from '../../src/sim/firmware/firmware-port.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

const rcCap = builtInProfile('rc-cap')!;
const selfTest = { name: 'self-test', command: ['true'], timeout: 1_000 };
const label = { name: 'label', command: ['true'], timeout: 1_000 };

async function slot(runStep: SlotDoors['runStep']) {
  const said: FromSlot[] = [];
  const benches: SimBench[] = [];
  let ended = (_: SlotDone) => {};
  const server = new SlotServer({
    send: (message) => {
      said.push(message);
      if (message.type === 'done') ended(message);
    },
    restorePower: async () => {},
    openBench: async ({ profile }) => {
      const bench = createSimBench({ profile });
      benches.push(bench);
      return { ...bench, [Symbol.asyncDispose]: async () => {} };
    },
    runStep,
    record: () => Promise.reject(new Error('no job of this test is recorded')),
    clock: { ...systemClock, setTimeout: () => 0 },
  });
  const image = await readImages([{ path: firmware, name: 'blink' }], {});
  server.receive({ type: 'setup', profile: rcCap, image, simulated: 'virtual' });
  const run = (changes: Partial<SlotJob> = {}) =>
    new Promise<SlotDone>((resolve) => {
      ended = resolve;
      const unit = { run: 'r1', slot: 'A1', lot: 'L1', serial: 'SN1', number: 1, attempt: 1, chipUid: undefined };
      const job = { patches: [], claimLimit: undefined, before: [], after: [], simulated: undefined };
      server.receive({ type: 'job', unit, ...job, ...changes });
    });
  return { server, run, said, benches };
}

test('a slot process is ready once the power that one before it has left off is on again', async () => {
  const said: string[] = [];
  let isOn = () => {};
  const never = () => Promise.reject(new Error('no job comes'));
  const server = new SlotServer({
    ...{ send: ({ type }) => said.push(type), openBench: never, runStep: never, record: never },
    restorePower: ({ profile }) =>
      new Promise((resolve) => {
        said.push(`restore the power of ${profile.id}`);
        isOn = resolve;
      }),
    clock: { ...systemClock, setTimeout: () => 0 },
  });
  const image = await readImages([{ path: firmware, name: 'blink' }], {});
  server.receive({ type: 'setup', profile: rcCap, image, simulated: undefined });
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual(['alive', 'restore the power of rc-cap']);
  isOn();
  await new Promise((resolve) => setImmediate(resolve));
  expect(said.at(-1)).toBe('ready');
});

test('the bytes of the unit are in its flash, and what was measured comes back', async () => {
  const { run, benches, said } = await slot(async ({ name }) => [{ name, value: 1, unit: 'V' }]);
  const patches = [parsePatch('0x0800FF00=text:SN000042', 'patch 1')];
  const { result, figures } = await run({ patches, before: [selfTest], after: [label] });
  expect([result.ok, result.verified]).toEqual([true, true]);
  expect(Buffer.from(benches[0]!.boards[0].memory.flash.read(0x0800_ff00, 8)).toString()).toBe('SN000042');
  expect(figures.map(({ name }) => name)).toEqual([
    'self-test',
    'enter',
    'program',
    'applicationSeen',
    'holdMargin',
    'label',
  ]);
  const [enter, program, seen] = figures.slice(1);
  expect(enter!.value).toBeGreaterThan(100);
  expect(seen!.value).toBeGreaterThan(100);
  // 33,728 bytes; a full-speed bus carries 1,216 kB/s of control data at most (USB 2.0, table 5-3), flash of an F405 at 16 µs a word 250 kB/s.
  expect(program!.value).toBeGreaterThan(20);
  expect(program!.value).toBeLessThan(250);
  expect(said.filter(({ type }) => type === 'step')).toEqual([
    { type: 'step', run: 'r1', name: 'self-test' },
    { type: 'step', run: 'r1', name: 'label' },
  ]);
});

test('a step before the flash that fails leaves the board alone', async () => {
  const { run, benches } = await slot(async () => {
    throw new BootctlError('step-failed', 'no 5 V', { hint: 'Look at the fuse.' });
  });
  const { result } = await run({ before: [selfTest, label] });
  const error = { code: 'step-failed', message: 'self-test: no 5 V', hint: 'Look at the fuse.' };
  expect(result).toMatchObject({ ok: false, flash: 'untouched', error });
  expect(benches[0]!.truth.of('lines')).toEqual([]);
});

test('a step after the flash that fails is the failure of a unit whose flash is verified', async () => {
  const { run } = await slot(async () => {
    throw new BootctlError('step-failed', 'LED is dark');
  });
  const { result } = await run({ after: [selfTest] });
  expect(result).toMatchObject({ ok: false, flash: 'verified', verified: true, error: { code: 'step-failed' } });
});

test('no step follows a job that has failed', async () => {
  const runStep = vi.fn<SlotDoors['runStep']>(async () => []);
  const { run } = await slot(runStep);
  const { result } = await run({ patches: [parsePatch('0x20000000=00', 'patch 1')], after: [selfTest] });
  expect(result.ok).toBe(false);
  expect(runStep).not.toHaveBeenCalled();
});

describe('an abort', () => {
  test('that comes together with its job ends it before anything moves', async () => {
    const { server, run, benches } = await slot(async () => []);
    const done = run();
    server.receive({ type: 'abort', run: 'r1' });
    expect((await done).result).toMatchObject({ flash: 'untouched', error: { code: 'aborted' } });
    expect(benches[0]!.truth.of('lines')).toEqual([]);
  });

  test('of another run is none', async () => {
    const { server, run } = await slot(async () => []);
    const done = run();
    server.receive({ type: 'abort', run: 'r0' });
    expect((await done).result.ok).toBe(true);
  });

  test('in a step after the flash keeps what was done', async () => {
    const { server, run } = await slot(async (_, { signal }) => {
      server.receive({ type: 'abort', run: 'r1' });
      throw signal.reason;
    });
    expect((await run({ after: [selfTest] })).result).toMatchObject({ flash: 'verified', error: { code: 'aborted' } });
  });

  test('does not reach the next run', async () => {
    const { server, run } = await slot(async () => []);
    const first = run();
    server.receive({ type: 'abort', run: 'r1' });
    await first;
    expect((await run()).result.ok).toBe(true);
  });

  test('by the end of the process ends the job first', async () => {
    const { server, run } = await slot(async () => []);
    const done = run();
    await server.stop();
    expect((await done).result.error?.code).toBe('aborted');
  });
});

describe('a conversation with the application', () => {
  const profile: BoardProfile = {
    ...rcCap,
    application: { expect: 'serial', match: 'ready', baudRate: 115_200, timeout: 1_000 },
    softJump: [{ trigger: 'serial-command', send: 'bootloader\r\n', baudRate: 115_200, via: 'adapter' }],
  };
  const exchange = (changes: Partial<Exchange>): Exchange => ({
    send: undefined,
    expect: undefined,
    timeout: 2_000,
    ...changes,
  });

  async function converse(talks: readonly Exchange[]) {
    const listener = (port: FirmwarePort) => ({
      push: (bytes: Uint8Array) => {
        if (Buffer.from(bytes).toString().includes('test'))
          port.after(30, () => port.send('vbat=3.31 V, temp=-4\r\nOK\r\n'));
      },
    });
    const bench = createSimBench({ profile, scenario: 'healthy', firmware: { listener } });
    const step: TalkStep = { name: 'self-test', baudRate: 115_200, talk: talks };
    const work = { bench, setup: { profile }, signal: new AbortController().signal } as unknown as StepWork;
    const figures = await talk(step, work).finally(() => bench[Symbol.asyncDispose]());
    return { figures, bench };
  }

  test('begins with a reset, hears the greeting, asks, and takes named groups as numbers', async () => {
    const { figures, bench } = await converse([
      exchange({ expect: /ready/u }),
      exchange({ send: 'test\r', expect: /vbat=(?<vbat>[\d.]+) V, temp=(?<temperature>-?\d+)/u }),
      exchange({ expect: /^OK/mu }),
    ]);
    expect(figures).toEqual([
      { name: 'vbat', value: 3.31, unit: '' },
      { name: 'temperature', value: -4, unit: '' },
    ]);
    expect(bench.truth.of('lines').at(-1)).toMatchObject({ rts: 'released', dtr: 'released' });
  });

  test.each([
    {
      name: 'says something else',
      talks: [exchange({ expect: /ready/u }), exchange({ send: 'test\r', expect: /PASS/u })],
      says: 'vbat=3.31',
    },
    {
      name: 'says nothing',
      talks: [exchange({ expect: /ready/u }), exchange({ expect: /more/u })],
      says: 'the application said nothing',
    },
    {
      name: 'says no number',
      talks: [exchange({ expect: /(?<word>ready)/u })],
      says: 'word is "ready", which is no number',
    },
  ])('an application that $name has failed', async ({ talks, says }) => {
    await expect(converse(talks)).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringContaining(says),
    });
  });
});
