import { expect, test } from 'vitest';
import { eccPersonalities } from '../../src/sim/chip/ecc-personalities.ts';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomDfuPersonality, RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { runCommand } from '../helpers/command.ts';
import { tornImage } from '../helpers/ecc-lines.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const { F405, G0B1 } = romPersonalities;
const { WB55 } = quirkyPersonalities;
const { H563 } = eccPersonalities;

function unprotect(base: RomPersonality, family: string, dfu: Partial<RomDfuPersonality> = {}) {
  const personality = { ...base, dfu: { ...base.dfu, ...dfu } };
  const profile = profileFile(
    `unprotect-${family}`,
    `target: { family: ${family} }`,
    wholeBoot0,
    'methods: [rc-cap]',
    'application: { expect: none }',
  );
  const argv = ['recover', `${tornImage(personality).path}@0x08000000`, '--profile', profile];
  return runCommand([...argv, '--simulate', 'readout-protected', '--unprotect', '--yes', '--json'], { personality });
}

test.each([
  { name: 'H563: Get does not list it', personality: H563, family: 'H563_573', says: /does not list/ },
  {
    name: 'a ROM that lists it and refuses it',
    personality: G0B1,
    family: 'G0B1_0C1',
    dfu: { readUnprotect: 'refused' as const },
    says: /errSTALLEDPKT/,
  },
])('$name: refused, nothing was changed, and the application is started again', async (row) => {
  const { personality, family, dfu, says } = row;
  const { status, result, truth, events } = await unprotect(personality, family, dfu);
  expect(status).toBe(6);
  expect(result).toMatchObject({
    flash: 'untouched',
    error: { code: 'unprotect-refused', message: expect.stringMatching(says) },
  });
  expect(truth.filter(({ what }) => what === 'erased')).toEqual([]);
  expect(events.map(({ purpose }) => purpose)).toContain('start the application');
});

test('WB55: lifting it takes effect after a power cycle, which the message names; the flash is known to be erased', async () => {
  const { status, result, events } = await unprotect(WB55, 'WB55', { readUnprotect: 'waits-for-power' });
  expect(status).toBe(6);
  expect(result).toMatchObject({
    flash: 'erased in part',
    error: { code: 'readout-protected', hint: expect.stringMatching(/^The flash is erased\..*supply.*off/) },
  });
  expect(events.find(({ message }) => /Table 184/.test(String(message)))).toBeDefined();
});

test.each([
  { personality: F405, family: 'F405_407' },
  { personality: G0B1, family: 'G0B1_0C1' },
])('$family: no reset before the erase of the whole flash is over', async ({ personality, family }) => {
  const { result, truth } = await unprotect(personality, family);
  expect(result).toMatchObject({ ok: true, flash: 'verified' });
  const erased =
    truth.findLast(({ what }) => what === 'left' || what === 'application') &&
    truth.filter(({ what }) => what === 'erased');
  const whole = personality.geometry.sectors.length;
  expect(erased!.slice(0, whole).map((one) => one.what)).toHaveLength(whole);
  const resets = truth.filter((event) => event.what === 'nrst' && event.level === 0).map(({ t }) => t);
  const [firstErase] = erased!;
  const before = resets.filter((t) => t < firstErase!.t);
  // The one on opening, and that of the boot entry: none while the flash is being erased.
  expect(firstErase!.t - before.at(-1)!).toBeGreaterThan(personality.geometry.massEraseTime);
});
