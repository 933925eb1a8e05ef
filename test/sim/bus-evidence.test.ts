import { describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import type { ScenarioName } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

/** What the bus showed before and during the resets is evidence. The truth log says what really happened. */
const cafe = 'application: { expect: usb, vendorId: "cafe", productId: "cafe", timeout: 5s }';
const named = profileFile('evidence-named', f405, 'methods: [lines]', cafe);
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
