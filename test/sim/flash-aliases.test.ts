import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { flashAliases } from '../../src/chips/flash-aliases.ts';
import { personalityOfFamily } from '../../src/sim/board/sim-boards.ts';
import { TargetMemory } from '../../src/sim/chip/target-memory.ts';
import { applicationFor } from '../../src/sim/firmware/applications.ts';
import { application } from '../helpers/applications.ts';
import { runCommand } from '../helpers/command.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-aliases-'));
const flashBase = 0x0800_0000;
const flashed = { name: 'flashed', start: () => {}, stop: () => {} };

function fileOf(name: string, link: number, stack: number): string {
  const path = join(folder, name);
  writeFileSync(path, application({ link, stack }));
  return `${path}@0x08000000`;
}

const boardOf = (family: string, expectation: string): string =>
  profileFile(`alias-${family}`, `target: { family: ${family} }`, wholeBoot0, 'methods: [rc-cap]', expectation);
const usbApplication = 'application: { expect: usb, vendorId: "1209", productId: "0001", timeout: 5s }';

describe.each(Object.entries(personalityOfFamily))('the simulated %s', (family, personality) => {
  const start = (link: number, how: 'reset' | 'jump') => {
    const memory = new TargetMemory(personality);
    memory.flash.preload(flashBase, application({ link, stack: 0x2000_1000 }));
    return applicationFor(memory, flashBase, flashed, how).name;
  };

  test('starts what is linked for each address of its flash, and nothing else', () => {
    const own = family === 'C55x_562' ? [] : flashAliases(family).map(({ address }) => address);
    for (const link of [flashBase, ...own]) expect(start(link, 'reset')).toBe('flashed');
    for (const link of [0, 0x0020_0000, 0x0c00_0000].filter((one) => !own.includes(one))) {
      expect(start(link, 'reset')).toBe('crashed');
    }
  });

  // RM0090 §2.4: which memory is at address 0 is decided at the reset.
  test('has its system memory at address 0 behind a jump of the ROM', () => {
    expect(start(flashBase, 'jump')).toBe('flashed');
    expect(start(0, 'jump')).toBe('crashed');
  });
});

// The shape of Betaflight's releases for F745: loaded at 0x0800_0000, linked for 0x0020_0000.
test.each([
  ['F74x_75x', 0x0020_0000, 0x2001_0000],
  ['F72x_73x', 0x0020_0000, 0x2001_0000],
  ['L552_562', 0x0c00_0000, 0x3003_0000],
  ['U575_585', 0x0c00_0000, 0x2003_0000],
  ['H563_573', 0x0c00_0000, 0x3004_0000],
])('recover brings a %s to run what is linked for 0x%s', async (family, link, stack) => {
  const image = fileOf(`${family}.bin`, link, stack);
  const { status, result } = await runCommand([
    ...['recover', image, '--profile', boardOf(family, usbApplication), '--simulate', 'healthy', '--json'],
  ]);
  expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
  expect(status).toBe(0);
});

test('an image that needs address 0 is seen only after a reset, and the job makes one', async () => {
  const image = fileOf('zero.bin', 0, 0x2001_0000);
  const { status, events } = await runCommand([
    ...['recover', image, '--profile', boardOf('F405_407', usbApplication), '--simulate', 'healthy', '--json'],
  ]);
  expect(status).toBe(0);
  expect(events.filter(({ event }) => event === 'target.left').map(({ how }) => how)).toEqual(['dfu-leave', 'reset']);
  const notes = events.filter(({ event }) => event === 'note').map(({ message }) => message);
  expect(notes).toContainEqual(expect.stringContaining('only by a reset with BOOT0 = 0'));
});

test('a stack at the end of the CCM of an F405, as Betaflight has it, starts', async () => {
  const image = fileOf('ccm.bin', flashBase, 0x1000_fff0);
  const { status, result } = await runCommand(['recover', image, '-p', 'rc-cap', '--simulate', '--json']);
  expect([status, result.application]).toEqual([0, 'seen']);
});
