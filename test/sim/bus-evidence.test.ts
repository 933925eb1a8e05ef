import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

/** What the bus showed before and during the resets is evidence. The truth log says what really happened. */
const cafe = 'application: { expect: usb, vendorId: "cafe", productId: "cafe", timeout: 5s }';
const named = profileFile('evidence-named', f405, 'methods: [lines]', cafe);
const placed = profileFile('evidence-placed', f405, 'methods: [lines]', 'usb: { path: "1-2" }', cafe);
const unnamed = profileFile('evidence-unnamed', f405, 'methods: [lines]', 'application: { expect: none }');

/** `profile` is what bootctl is told; the board is the one of the named profile. */
const enter = async (profile: string, scenario: ScenarioName) => {
  const bench = createSimBench({ profile: findProfile(named, { cwd: '/' }), scenario });
  const run = await runCommand(['enter', '--profile', profile, '--simulate', scenario, '--json'], { bench });
  return { ...run, diagnosis: run.result.diagnosis as { cause: string; evidence: string; advice: string }[] };
};

describe('a ROM that runs and is not on USB', () => {
  test.each([
    { scenario: 'rom-captured', event: { what: 'rom-interface', selected: 'another' } },
    { scenario: 'virtual-machine', event: { what: 'fault', name: 'usb-hidden-from-host' } },
    { scenario: 'no-usb-running', event: { what: 'boot0-sampled', boots: 'rom' } },
  ] as const)(
    '$scenario: cable, NRST and BOOT0 are proven, and each of what is left is named',
    async ({ scenario, event }) => {
      const { truth, diagnosis, result } = await enter(named, scenario);
      const resets = truth.filter(({ what }) => what === 'boot0-sampled').map((one) => 'boots' in one && one.boots);
      expect(resets).toEqual(['rom', 'rom', 'application']);
      expect(truth).toContainEqual(expect.objectContaining(event));
      expect(diagnosis.map(({ cause }) => cause)).toEqual(['rom-not-on-usb']);
      const [{ evidence, advice }] = diagnosis as [(typeof diagnosis)[0]];
      expect(evidence).toMatch(/^the application \(cafe:cafe at 1-2\) was on the bus.*2 attempts$/);
      expect(advice).toMatch(/^The USB cable, NRST and BOOT0 work/);
      for (const one of [/PA9\/PA10/, /crystal/, /another connector/, /virtual machine or WSL/])
        expect(advice).toMatch(one);
      expect(advice).not.toMatch(/Check that the USB cable|measure/i);
      expect((result.error as { hint: string }).hint).toBe(advice);
    },
  );

  test('an application that the profile does not name is only probably the one of this board', async () => {
    const { diagnosis } = await enter(unnamed, 'rom-captured');
    expect(diagnosis).toMatchObject([
      {
        cause: 'rom-not-on-usb',
        evidence: expect.stringMatching(/^a USB device \(cafe:cafe at 1-2\)/),
        advice: expect.stringMatching(/^If that was the application of this board, /),
      },
    ]);
  });
});

test.each(['no-usb', 'boot0-stuck-low', 'nrst-open'] as const)(
  '%s: without an application on the bus nothing is proven, and everything stands together',
  async (scenario) => {
    const { diagnosis } = await enter(named, scenario);
    expect(diagnosis.map(({ cause }) => cause)).toEqual(['usb-silent']);
    expect(diagnosis[0]?.advice).toMatch(/cable.*BOOT0 and NRST.*PA9\/PA10.*crystal/);
    expect(diagnosis[0]?.advice).not.toMatch(/ work/);
  },
);

test('an application that comes back in the same reset had BOOT0 low: nothing is said of other pins', async () => {
  const { diagnosis } = await enter(named, 'boot0-stuck-low-running');
  expect(diagnosis.map(({ cause }) => cause)).toEqual(['boot0-low-at-sampling']);
});

describe('a board whose D+ is pulled up all the time: the host does not notice its resets', () => {
  const pullUpStays = { pullUpStays: true, flash: 'healthy', adapter: { opensQuietly: true } } as const;

  test('at its named place it is asked, and flashed all the same', async () => {
    const argv = ['recover', firmware, '--profile', placed, '--simulate', 'pull-up-stays', '--json'];
    const { result, truth, events } = await runCommand(argv);
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen', method: 'lines' });
    expect(truth.filter(({ what }) => what === 'boot0-sampled')).toHaveLength(1);
    const notes = events.flatMap(({ event, message }) => (event === 'note' ? [String(message)] : []));
    expect(notes).toContainEqual(expect.stringMatching(/^cafe:cafe at 1-2 no longer answers.*D\+ is pulled up/));
  });

  test('without one it may be another board’s and is not opened: both causes stand together, and the way out', async () => {
    const { diagnosis, truth } = await enter(named, 'pull-up-stays');
    expect(truth.filter(({ what }) => what === 'usb-opened')).toEqual([]);
    expect(diagnosis).toMatchObject([
      {
        cause: 'nrst-not-moving',
        evidence: expect.stringMatching(/stayed on the bus through 2 resets$/),
        advice: expect.stringMatching(/wire to NRST.*Or the board pulls D\+ up.*`--usb-path`/),
      },
    ]);
  });

  test('where the host cannot reset the port, it is said that the reset works', async () => {
    const { diagnosis, truth } = await enter(placed, 'pull-up-stays-unseen');
    expect(truth).toContainEqual(expect.objectContaining({ what: 'boot0-sampled', boots: 'rom' }));
    expect(diagnosis.map(({ cause }) => cause)).toEqual(['reset-unnoticed']);
    expect(JSON.stringify(diagnosis)).not.toMatch(/NRST/);
  });

  test('an application that has only restarted is told from the ROM', async () => {
    const scenario = { name: 'restarted', summary: '', ...pullUpStays, board: { boot0Stuck: 0 } } as const;
    const bench = createSimBench({ profile: findProfile(placed, { cwd: '/' }), scenario });
    const { result, truth } = await runCommand(['enter', '--profile', placed, '--simulate', 'healthy', '--json'], {
      bench,
    });
    expect(truth.some((event) => event.what === 'boot0-sampled' && event.boots === 'rom')).toBe(false);
    expect(result.diagnosis).toMatchObject([{ cause: 'boot0-low-at-sampling' }]);
  });
});

describe('an application that stays on the bus through the resets', () => {
  test('answers: the reset has not reached it', async () => {
    const { diagnosis, truth } = await enter(placed, 'nrst-open-running');
    expect(truth.filter(({ what }) => what === 'nrst')).toEqual([]);
    expect(diagnosis).toMatchObject([{ cause: 'nrst-not-moving', evidence: expect.stringMatching(/still answers$/) }]);
    expect(diagnosis[0]?.advice).not.toMatch(/D\+/);
  });

  test('may be that of another board, where no place is named; at a named place only what stands there counts', async () => {
    const neighbours = [{ name: 'other', runs: 'application', path: '1-3' }] as const;
    const quiet = { opensQuietly: true } as const;
    const world = { name: 'other', summary: '', neighbours, rom: { usb: false }, adapter: quiet } as const;
    const causesOf = async (profile: string) => {
      const bench = createSimBench({ profile: findProfile(profile, { cwd: '/' }), scenario: world });
      const { result } = await runCommand(['enter', '--profile', profile, '--simulate', 'crashed', '--json'], {
        bench,
      });
      return result.diagnosis as { cause: string; advice: string }[];
    };
    expect(await causesOf(named)).toMatchObject([
      { cause: 'nrst-not-moving', advice: expect.stringMatching(/^If it is the application of this board, /) },
    ]);
    expect(await causesOf(placed)).toMatchObject([{ cause: 'usb-silent' }]);
  });
});
