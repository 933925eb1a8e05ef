import { describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { checkImage } from '../../src/ops/engine/check-image.ts';
import { imageNotes } from '../../src/ops/engine/image-notes.ts';
import { knownOf } from '../../src/ops/engine/image-target.ts';
import { application, applicationAt } from '../helpers/applications.ts';
import { parse, refusalOf } from '../helpers/image-files.ts';

const base = 0x0800_0000;
const start = 0x0800_8000;
const stack = 0x2000_5000;
const profileText = (target: string) =>
  `id: board\ntarget: ${target}\nmethods: [soft-jump]\nsoftJump: [{ trigger: dfu-detach, vendorId: "1209", productId: "0001" }]\n`;
const profile = parseProfile(profileText('{ family: F405_407, applicationStart: 0x08008000 }'), 'board.yaml');

describe('in a profile', () => {
  test('with a line and without', () => {
    expect(profile).toMatchObject({ target: { family: 'F405_407' }, applicationStart: start });
    const alone = parseProfile(profileText('{ applicationStart: 0x08008000 }'), 'board.yaml');
    expect(alone.applicationStart).toBe(start);
    expect(alone.target).toBeUndefined();
  });

  test.each([
    [
      'no number',
      '{ applicationStart: "0x8000" }',
      /board\.yaml:2:\d+: target\.applicationStart: found "0x8000"; allowed: an address/,
    ],
    ['no place for a vector table', '{ applicationStart: 0x08008004 }', /board\.yaml:2:\d+: .*multiple of 0x80/],
    [
      'not in the flash of the line',
      '{ family: F103_md, applicationStart: 0x08040000 }',
      /board\.yaml:2:\d+: .*0x0804_0000; the flash of STM32F10.* is 0x0800_0000 to 0x0801_FFFF/,
    ],
    [
      'an offset, not an address',
      '{ applicationStart: 0x8000 }',
      /board\.yaml:2:\d+: .*0x0000_8000; the flash of an STM32 is/,
    ],
  ])('%s: refused with its line', (_what, target, message) => {
    const error = refusalOf(() => parseProfile(profileText(target), 'board.yaml'));
    expect([error.code, error.message]).toEqual(['profile-invalid', expect.stringMatching(message)]);
  });
});

describe('the rule for images', () => {
  const merged = (...runs: readonly (readonly [number, Uint8Array])[]) => ({
    ...applicationAt({ link: base, stack }),
    segments: runs.map(([address, data]) => ({ address, data, origin: 'line 2' })),
  });
  const bootloader = application({ link: base, stack });
  const app = application({ link: start, stack });

  test.each([
    ['an application for that place', applicationAt({ link: start, stack })],
    ['data behind it', parse(Uint8Array.of(1, 2, 3, 4), { address: 0x0800_f000 })],
    ['a bootloader and an application that both start', merged([base, bootloader], [start, app])],
  ])('%s is right', (_what, image) => {
    expect(checkImage(image, profile, {})).toEqual([]);
  });

  test.each([
    [
      'an application for the start of the flash',
      applicationAt({ link: base, stack }),
      /starts at 0x0800_0000.*bootloader of the board that it would overwrite/,
    ],
    ['a bootloader alone', merged([base, bootloader]), /that it would overwrite/],
    ['data below', merged([0x0800_4000, Uint8Array.of(1, 2, 3, 4)]), /starts at 0x0800_4000/],
    [
      'a bootloader that starts nothing, and an application',
      merged([base, Buffer.alloc(1024, 0x5a)], [start, app]),
      /that it would overwrite/,
    ],
    [
      'an application for another place',
      applicationAt({ link: 0x0801_0000, stack }),
      /has its vectors at 0x0801_0000; the profile says that applications start at 0x0800_8000/,
    ],
    [
      'an application that runs over that place',
      applicationAt({ link: 0x0800_4000, stack, bytes: 64 * 1024 }),
      /starts at 0x0800_4000/,
    ],
  ])('%s is refused, and can be forced', (_what, image, message) => {
    const error = refusalOf(() => checkImage(image, profile, {}));
    expect([error.code, error.message]).toEqual(['image-wrong-base', expect.stringMatching(message)]);
    expect(error.hint).toContain('--force');
    expect(checkImage(image, profile, { force: true }).map(({ code }) => code)).toContain('image-wrong-base');
  });

  test('what stands at that place must start, as at the start of the flash', () => {
    const broken = parse(Buffer.alloc(64), { address: start });
    expect(refusalOf(() => checkImage(broken, profile, {})).code).toBe('image-vector-table');
  });

  test('the start of the flash as that place changes nothing', () => {
    const usual = { ...profile, applicationStart: base };
    expect(checkImage(applicationAt({ link: base, stack }), usual, {})).toEqual([]);
    expect(checkImage(applicationAt({ link: start, stack }), usual, {})).toEqual([]);
  });

  test('a bootloader that is replaced is told', () => {
    expect(imageNotes(merged([base, bootloader], [start, app]), profile)).toEqual([
      expect.stringContaining('the one of the board, below 0x0800_8000, is overwritten'),
    ]);
  });
});

describe('the advice for a raw binary without an address', () => {
  const hintFor = (bytes: Uint8Array, options = {}) => refusalOf(() => parse(bytes, options)).hint;
  test.each([
    [
      'the profile decides',
      application({ link: 0x0800_c000, stack }),
      knownOf(profile),
      /`--address 0x08008000`, where the profile says/,
    ],
    [
      'its vectors, small',
      application({ link: 0x0800_c000, stack }),
      {},
      /`--address 0x0800C000`: its vectors seem made.*overwrite that bootloader/,
    ],
    ['its vectors, large', application({ link: 0x0800_2000, stack, bytes: 0x1_0000 }), {}, /`--address 0x08002000`/],
    [
      'vectors that fit',
      application({ link: base, stack }),
      {},
      /`--address 0x08000000`, which its vectors fit.*bootloader of its own/,
    ],
    [
      'no vectors',
      Uint8Array.of(1, 0, 3, 0, 5),
      {},
      /`--address 0x08000000`, or, where the board keeps a bootloader of its own/,
    ],
  ])('%s', (_what, bytes, options, hint) => {
    expect(hintFor(bytes, options)).toMatch(hint);
  });
});
