import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { romPersonalities } from '../../src/sim/chip/personalities.ts';
import { quirkyPersonalities } from '../../src/sim/chip/quirky-personalities.ts';
import type { RomPersonality } from '../../src/sim/chip/rom-personality.ts';
import { type CommandRun, linesAtEnd, type RunOptions, runCommand } from '../helpers/command.ts';
import { flashBase, pattern, startable } from '../helpers/engine.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const { L072, H743 } = romPersonalities;
const { L476, C562, H743revV, H743V91, H743V133, H7A3, F427, G071, G0B0, L152, WB55 } = quirkyPersonalities;
const folder = mkdtempSync(join(tmpdir(), 'bootctl-quirks-'));
const KiB = 1024;
const bankTwo = flashBase + 1024 * KiB;

/** Without a family only the ROM itself tells what it is. */
const profileFor = (family: string | undefined, usart: boolean): string =>
  profileFile(
    `${family ?? 'unknown'}-${usart ? 'usart' : 'usb'}`,
    family ? `target: { family: ${family} }` : '',
    wholeBoot0,
    `usart: { connected: ${usart} }`,
    'methods: [rc-cap]',
    'application: { expect: none }',
  );

/** A file that starts on this silicon, and what is in it. */
function image(name: string, personality: RomPersonality, data: Uint8Array): { path: string; content: Uint8Array } {
  const path = join(folder, name);
  const content = startable(personality, data);
  writeFileSync(path, content);
  return { path, content };
}

/** Whole blocks of 0x00 and of 0xFF among the rest: each is what some flash reads as when it is erased. */
function withPlainBlocks(length: number): Uint8Array {
  const bytes = pattern(length);
  bytes.fill(0x00, 4 * KiB, 8 * KiB);
  bytes.fill(0xff, 8 * KiB, 12 * KiB);
  return bytes;
}

interface Row {
  /** What the ROM does, and what the command comes to. */
  readonly name: string;
  /** Rows of src/chips/rom-quirks.ts that must have been found. */
  readonly rows: readonly string[];
  readonly personality: RomPersonality;
  readonly family?: string;
  readonly usart?: true;
  /** Bytes of the image from the start of the flash on, and of its part in bank 2. */
  readonly bytes?: number;
  readonly inBankTwo?: number;
  readonly command?: readonly string[];
  /** What the flash holds at first from its start on; all of it without. */
  readonly holds?: number;
  readonly error?: string;
}

const table: readonly Row[] = [
  {
    name: 'L476: no poll before its time, no block that it would garble',
    rows: ['l4-stalls-early-polls', 'l4-by-layout'],
    personality: L476,
    family: 'L47x_48x',
  },
  { name: 'the same, known by its layout', rows: ['l4-by-layout'], personality: L476 },
  {
    name: 'H743 rev V: stays in dfuDNBUSY after the first sector of bank 2, and is freed',
    rows: ['h74x-stuck-busy', 'h74x-bank-2-early'],
    personality: H743revV,
    inBankTwo: 9 * KiB,
  },
  {
    name: 'H743 rev V: also where every sector is to be erased',
    rows: ['h74x-stuck-busy', 'h74x-bank-2-early'],
    personality: H743revV,
    inBankTwo: 9 * KiB,
    command: ['flash', '--full'],
  },
  {
    name: 'H743 V9.1: bank 2 goes on after its acknowledgement, and is waited for',
    rows: ['h74x-stuck-busy', 'h74x-bank-2-early'],
    personality: H743V91,
    inBankTwo: 300 * KiB,
  },
  {
    name: 'H743 V13.3: no mass erase, so sector by sector',
    rows: ['h74x-stuck-busy', 'h74x-mass-erase', 'h74x-bank-2-early'],
    personality: H743V133,
    family: 'H74x_75x',
    command: ['erase', '--yes'],
  },
  {
    name: 'C562: no DFU_CLRSTATUS, no separate descriptor',
    rows: ['c5-clear-status', 'c5-by-layout'],
    personality: C562,
    family: 'C55x_562',
  },
  { name: 'the same, known by its layout', rows: ['c5-by-layout'], personality: C562 },
  {
    name: 'H7A3 V9.0: names pages of 2 KB, erases sectors of 8',
    rows: ['h7a3-page-size'],
    personality: H7A3,
    family: 'H7A3_B3_B0',
    bytes: 60_001,
  },
  {
    name: 'F427 V7.0: refused before anything is erased',
    rows: ['f42x-bank-2'],
    personality: F427,
    family: 'F42x_43x',
    inBankTwo: 9 * KiB,
    error: 'erase-ineffective',
  },
  {
    name: 'G071: its USART acknowledges an erase 40 ms early',
    rows: ['g07-early-erase'],
    personality: G071,
    family: 'G07x_08x',
    usart: true,
  },
  { name: 'the same, known by its product id', rows: ['g07-early-erase'], personality: G071, usart: true },
  {
    name: 'G0B0: never two sectors in one command',
    rows: ['g0b0-one-at-a-time'],
    personality: G0B0,
    family: 'G0B0',
    command: ['erase', '--yes'],
  },
  {
    name: 'L072: erased is 0x00',
    rows: ['l0-l1-erases-to-zero', 'l0-l1-by-layout'],
    personality: L072,
    family: 'L07x_08x_usb',
  },
  { name: 'L072, known by its layout', rows: ['l0-l1-by-layout'], personality: L072, command: ['erase', '--yes'] },
  {
    name: 'L152: erased is 0x00',
    rows: ['l0-l1-erases-to-zero', 'l0-l1-by-layout'],
    personality: L152,
    family: 'L1_cat3',
  },
  {
    name: 'L152 over its USART, which has no mass erase',
    rows: ['l0-l1-erases-to-zero'],
    personality: L152,
    family: 'L1_cat3',
    usart: true,
    command: ['erase', '--yes', '--length', '0x4000'],
  },
  {
    name: 'WB55: sector by sector, or the wireless stack would be gone',
    rows: ['wb55-wireless-stack', 'wb55-unprotect-power'],
    personality: WB55,
    family: 'WB55',
    bytes: 320 * KiB,
    holds: 320 * KiB,
  },
  {
    name: 'WB55 that nobody has named: the same',
    rows: [],
    personality: WB55,
    bytes: 320 * KiB,
    holds: 320 * KiB,
  },
];

const run = ({ personality, family, usart, holds }: Row, argv: readonly string[], more: RunOptions = {}) => {
  const scenario = usart ? 'no-usb' : holds === undefined ? 'crashed' : 'blank-flash';
  const target = ['--profile', profileFor(family, usart === true), '--simulate', scenario, '--json'];
  return runCommand([...argv, ...target], { personality, ...more });
};

test.each(table)('$name', async (row) => {
  const { personality, bytes = 20_005, inBankTwo, command = ['recover'], holds, error } = row;
  const app = image('app.bin', personality, withPlainBlocks(bytes));
  const more = join(folder, 'data.bin');
  const content = inBankTwo === undefined ? undefined : pattern(inBankTwo, 5);
  if (content) writeFileSync(more, content);
  const images = [`${app.path}@0x08000000`, ...(content ? [`${more}@0x${bankTwo.toString(16)}`] : [])];
  const isErase = command[0] === 'erase';
  const argv = isErase ? command : [...command, ...images];

  const known = await run(row, ['info']);
  expect(known.events.find(({ event }) => event === 'target.quirks')).toMatchObject({ quirks: row.rows });

  const done = await run(row, argv, {
    arrange: ({ boards }) => {
      if (holds !== undefined) boards[0].memory.flash.preload(flashBase, pattern(holds, 9));
    },
  });
  expect(done.result.error).toEqual(error === undefined ? null : expect.objectContaining({ code: error }));
  const changed = done.truth.filter(({ what }) => what === 'erased' || what === 'programmed');
  if (error !== undefined) expect(changed).toEqual([]);
  else if (isErase) expectBlank(done, personality, command.includes('--length') ? 0x4000 : undefined);
  else expectHolds(done, [flashBase, app.content], ...(content ? [[bankTwo, content] as const] : []));
  expect(done.truth.filter(({ what }) => what === 'programmed-without-erase')).toEqual([]);
  // Neither a poll that stalls, nor a block that is garbled, nor what else is lost for good.
  const faults = done.bench.truth.of('fault').map(({ name }) => name);
  expect(faults.filter((name) => /polled|garbled|stack/.test(name))).toEqual([]);
  expect(linesAtEnd(done)).toEqual({ rts: 'released', dtr: 'released' });
});

function expectHolds({ bench, result }: CommandRun, ...parts: readonly (readonly [number, Uint8Array])[]): void {
  expect(result).toMatchObject({ ok: true, verified: true, flash: 'verified' });
  for (const [address, data] of parts) {
    expect(Buffer.compare(bench.boards[0].memory.flash.read(address, data.length), data)).toBe(0);
  }
}

function expectBlank({ bench, result }: CommandRun, { geometry }: RomPersonality, length?: number): void {
  expect(result).toMatchObject({ ok: true, flash: 'erased' });
  const { flash } = bench.boards[0].memory;
  const erased = 'erased' in geometry ? geometry.erased : 0xff;
  expect(flash.read(flashBase, length ?? flash.size).every((byte) => byte === erased)).toBe(true);
}

test('the plan says why a flash is not erased at once', async () => {
  const app = image('app.bin', WB55, pattern(320 * KiB));
  const planned = async (family: string | undefined) => {
    const row = { name: '', rows: [], personality: WB55, holds: 320 * KiB, ...(family ? { family } : {}) };
    const done = await run(row, ['recover', `${app.path}@0x08000000`], {
      arrange: ({ boards }) => boards[0].memory.flash.preload(flashBase, pattern(320 * KiB, 9)),
    });
    return done.events.find(({ event }) => event === 'flash.planned');
  };
  expect(await planned('WB55')).toMatchObject({
    massErase: false,
    massEraseRefused: expect.stringMatching(/this ROM/),
  });
  expect(await planned(undefined)).toMatchObject({ massErase: false, massEraseRefused: expect.stringMatching(/WB30/) });
});

test('H743: a healthy ROM that shares its layout with those is not waited for', async () => {
  const row = { name: '', rows: [], personality: H743 };
  const more = join(folder, 'data.bin');
  writeFileSync(more, pattern(300 * KiB, 5));
  const app = image('app.bin', H743, pattern(20_000));
  const healthy = await run(row, ['recover', `${app.path}@0x08000000`, `${more}@0x08100000`]);
  expect(healthy.result.ok).toBe(true);
  // 4 sectors of 1 s, 320 KB of 0.1 ms for 32 bytes, and the transfers.
  expect((healthy.result.durations as { flash: number }).flash).toBeLessThan(9_000);
});
