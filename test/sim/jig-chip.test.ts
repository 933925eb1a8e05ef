import { describe, expect, test, vi } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { parsePatch } from '../../src/image/patch.ts';
import { readImages } from '../../src/image/read-images.ts';
import type { FromSlot, SlotDone, ToSlot } from '../../src/jig/slot/slot-messages.ts';
import { SlotServer, type StepWork } from '../../src/jig/slot/slot-server.ts';
import { createSimBench, type SimBench, type SimBenchOptions } from '../../src/sim/sim-bench.ts';
import { firmware } from '../helpers/command.ts';

// One job whose unit is known by its chip: what the station says is made up here.

const chip = Uint8Array.of(0x2e, 0x00, 0x17, 0x00, 0x0c, 0x53, 0x4e, 0x33, 0x30, 0x31, 0x32, 0x20);
const digits = '2e0017000c534e3330313220';
const flashAt = 0x0800_ff00;
const rcCap = builtInProfile('rc-cap')!;
const overUsart: BoardProfile = {
  ...rcCap,
  usb: { ...rcCap.usb, connected: false },
  usart: { ...rcCap.usart, connected: true },
  application: { expect: 'none' },
};
const claimedUnit = { run: 'r1', slot: 'A1', lot: 'L1', serial: 'SN1', number: 1, attempt: 1, chipUid: digits };
const patch = (uid: string) => [parsePatch(`0x0800FF00=${uid}`, 'patch 1')];
const claimed = { type: 'claimed', run: 'r1', unit: claimedUnit, patches: patch(digits) } as const;

interface Setup extends Partial<SimBenchOptions> {
  /** What the station answers; nothing without it. */
  readonly answer?: undefined | ((say: (message: ToSlot) => void, bench: SimBench) => void);
  readonly claimLimit?: number;
}

async function runJob({ answer, claimLimit = 5_000, profile = overUsart, ...more }: Setup) {
  const said: FromSlot[] = [];
  const steps: [string, StepWork['job']['unit']][] = [];
  const bench = createSimBench({ profile, uniqueId: chip, ...more });
  let ended = (_: SlotDone) => {};
  const done = new Promise<SlotDone>((resolve) => {
    ended = resolve;
  });
  const server = new SlotServer({
    send: (message) => {
      said.push(message);
      if (message.type === 'done') ended(message);
      if (message.type === 'identified') answer?.((answered) => server.receive(answered), bench);
    },
    openBench: async () => ({ ...bench, [Symbol.asyncDispose]: async () => {} }),
    runStep: async ({ name }, { job }) => {
      steps.push([name, job.unit]);
      return [];
    },
    record: (_file, _argv, spec, run) => run(spec),
    restorePower: async () => {},
    clock: { ...systemClock, setTimeout: (act, ms) => (ms === 1_000 ? 0 : systemClock.setTimeout(act, ms)) },
  });
  const image = await readImages([{ path: firmware, name: 'blink' }], {});
  server.receive({ type: 'setup', profile, image, simulated: 'virtual' });
  const step = (name: string) => [{ name, command: ['true'], timeout: 1_000 }];
  const nothingYet = { serial: undefined, number: undefined, attempt: undefined, chipUid: undefined };
  const unit = { run: 'r1', slot: 'A1', lot: 'L1', ...nothingYet };
  const steps_ = { before: step('first'), after: step('last') };
  server.receive({ type: 'job', unit, patches: [], claimLimit, ...steps_, simulated: undefined });
  const { result } = await done;
  const written = bench.truth.events.filter(({ what }) => what === 'erased' || what === 'programmed');
  const flash = Buffer.from(bench.boards[0].memory.flash.read(flashAt, 12)).toString('hex');
  return { result, said, steps, written, flash, bench };
}

describe('a job that waits for the row of its run', () => {
  test('has told the id before anything was written, and writes what it then gets', async () => {
    const before: number[] = [];
    const { result, flash, steps, said } = await runJob({
      answer: (say, { truth }) => {
        before.push(truth.events.filter(({ what }) => what === 'erased' || what === 'programmed').length);
        say(claimed);
      },
    });
    expect(result).toMatchObject({ ok: true, verified: true });
    expect(before).toEqual([0]);
    expect(said).toContainEqual({ type: 'identified', run: 'r1', chipUid: digits });
    expect(flash).toBe(digits);
    expect(steps).toMatchObject([
      ['first', { run: 'r1', serial: undefined, chipUid: undefined }],
      ['last', { run: 'r1', serial: 'SN1', number: 1, chipUid: digits }],
    ]);
  });

  test.each<{ what: string; answer: Setup['answer']; claimLimit?: number; error: object }>([
    {
      what: 'a refusal of the station',
      answer: (say) => say({ type: 'refused', run: 'r1', message: 'SN1 has passed before' }),
      error: { code: 'unit-refused', message: 'SN1 has passed before' },
    },
    {
      what: 'an abort while it waits',
      answer: (say) => say({ type: 'abort', run: 'r1' }),
      error: { code: 'aborted' },
    },
    {
      what: 'a station that says nothing',
      answer: () => {},
      claimLimit: 20,
      error: { code: 'aborted', message: 'The station has given the run no row within 0.02 s' },
    },
    {
      what: 'an answer to another run',
      answer: (say) => say({ ...claimed, run: 'r2' }),
      claimLimit: 20,
      error: { code: 'aborted' },
    },
  ])('$what leaves the flash as it was, and the board runs its application', async ({ answer, claimLimit, error }) => {
    const { result, written, bench } = await runJob({ answer, ...(claimLimit ? { claimLimit } : {}) });
    expect(result).toMatchObject({ ok: false, flash: 'untouched', error });
    expect(written).toEqual([]);
    expect(bench.boards[0].board.running).toBe('crashed'); // what was in its flash before
  });

  test('ends where the id cannot be read, with nothing asked and nothing written', async () => {
    const { result, said, written } = await runJob({ profile: rcCap, answer: (say) => say(claimed) });
    expect(result).toMatchObject({
      ok: false,
      flash: 'untouched',
      error: {
        code: 'chip-id-unread',
        message: 'The unique id of the chip cannot be read: the ROM does not let 0x1FFF_7A10 be read',
      },
    });
    expect(said.filter(({ type }) => type === 'identified')).toEqual([]);
    expect(written).toEqual([]);
  });

  test('says of a protected chip that it is protected', async () => {
    const scenario = { name: 'protected', summary: 'protected', memory: { readoutProtected: true } } as const;
    const { result, said } = await runJob({ scenario, answer: (say) => say(claimed) });
    expect(result).toMatchObject({ ok: false, flash: 'untouched', error: { code: 'readout-protected' } });
    expect(said.filter(({ type }) => type === 'identified')).toEqual([]);
  });
});

describe('after the target was lost', () => {
  const lost = { cablePulled: 'for-a-moment', name: 'lost', summary: 'lost' } as const;
  const g0b1 = { ...rcCap, target: { family: 'G0B1_0C1' }, application: { expect: 'none' } } as BoardProfile;

  test('the claim still counts, if the same chip is there', async () => {
    const asked: string[] = [];
    const { result, flash } = await runJob({
      profile: g0b1,
      scenario: lost,
      answer: (say) => {
        asked.push('claim');
        say(claimed);
      },
    });
    expect(result).toMatchObject({ ok: true, verified: true });
    expect([asked, flash]).toEqual([['claim'], digits]);
  });

  test('another chip at its place gets nothing of it', async () => {
    const { result } = await runJob({
      profile: g0b1,
      scenario: lost,
      answer: (say, { boards: [board] }) => {
        say(claimed);
        board.memory.burnUniqueId(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 8));
      },
    });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'unit-refused',
        message: `The run has begun with the chip ${digits}, and now 090909090909090909090908 answers at its place`,
      },
    });
  });
});

test('a job that knows its unit asks for no id', async () => {
  const sent = vi.fn();
  const bench = createSimBench({ profile: rcCap, uniqueId: chip });
  const server = new SlotServer({
    send: sent,
    openBench: async () => bench,
    runStep: async () => {
      throw new BootctlError('internal' as never, 'no step is here');
    },
    record: (_file, _argv, spec, run) => run(spec),
    restorePower: async () => {},
    clock: { ...systemClock, setTimeout: () => 0 },
  });
  const image = await readImages([{ path: firmware, name: 'blink' }], {});
  server.receive({ type: 'setup', profile: rcCap, image, simulated: 'virtual' });
  const job = { patches: patch(digits), claimLimit: undefined, before: [], after: [], simulated: undefined };
  server.receive({ type: 'job', unit: claimedUnit, ...job });
  await vi.waitFor(() => expect(sent).toHaveBeenCalledWith(expect.objectContaining({ type: 'done' })), 10_000);
  const events = sent.mock.calls.map(([message]) => message.event?.event ?? message.type);
  expect(events).not.toContain('identified');
  expect(events).not.toContain('target.id');
});
