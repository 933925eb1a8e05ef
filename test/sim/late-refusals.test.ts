import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { type CommandRun, firmware, runCommand } from '../helpers/command.ts';

const { F405 } = romPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-late-'));
const file = (name: string, length: number): string => {
  writeFileSync(join(folder, name), new Uint8Array(length).fill(0xa1));
  return join(folder, name);
};
const image = file('image.bin', 64);
const notAFolder = file('not-a-folder', 1);

/** An F405 with half of the flash that its line may have: only its own ROM says so. */
const small: RomPersonality = {
  ...F405,
  dfu: {
    ...F405.dfu,
    alternates: ['@Internal Flash  /0x08000000/04*016Kg,01*064Kg,03*128Kg', ...F405.dfu.alternates.slice(1)],
  },
};

const late = [
  { code: 'image-out-of-range', argv: ['flash', `${image}@0x080E0000`, '--force'] },
  { code: 'image-out-of-range', argv: ['verify', `${image}@0x080E0000`, '--force'] },
  { code: 'image-out-of-range', argv: ['read', join(folder, 'out'), '--address', '0x080E0000', '--length', '16'] },
  { code: 'image-out-of-range', argv: ['erase', '--address', '0x080E0000', '--length', '16', '--yes'] },
  { code: 'image-out-of-range', argv: ['write-memory', image, '--alt', '1', '--yes'] },
  { code: 'image-unwritable', argv: ['read', join(notAFolder, 'out'), '--address', '0x08000000', '--length', '16'] },
  { code: 'image-unwritable', argv: ['flash', firmware, '--keep'] },
] as const;

const early = [
  { code: 'image-out-of-range', argv: ['flash', `${image}@0x08200000`, '--force'] },
  { code: 'image-out-of-range', argv: ['read', join(folder, 'out'), '--address', '0x08200000', '--length', '16'] },
  { code: 'image-out-of-range', argv: ['erase', '--address', '0x08200000', '--yes'] },
  { code: 'usage', argv: ['erase'] },
  { code: 'image-unreadable', argv: ['recover', join(folder, 'none.hex')] },
] as const;

const run = (argv: readonly string[]): Promise<CommandRun> =>
  runCommand([...argv, '--profile', 'rc-cap', '--simulate', 'healthy', '--json'], {
    personality: small,
    stateFolder: notAFolder,
  });

/** A line or the reset has moved, or the target was spoken to. */
const hasMoved = ({ truth }: CommandRun): boolean =>
  truth.some(({ what }) => what === 'lines' || what === 'nrst' || what === 'rom-interface');

test.each(late)('$argv.0: $code after something has moved is no exit status 2', async ({ argv, code }) => {
  const done = await run(argv);
  expect(done.result).toMatchObject({ ok: false, exitCode: 5, error: { code } });
  expect([done.status, hasMoved(done)]).toEqual([5, true]);
  expect(done.truth.filter(({ what }) => what === 'erased' || what === 'programmed')).toEqual([]);
});

test.each(early)('$argv.0: $code with exit status 2 has moved nothing', async ({ argv, code }) => {
  const done = await run(argv);
  expect(done.result).toMatchObject({ ok: false, error: { code } });
  expect([done.status, done.bench ? hasMoved(done) : false]).toEqual([2, false]);
});
