import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { DfuBootloader } from '../../src/ops/bootloader/dfu-bootloader.ts';
import { explainLoss, tryBlock } from '../../src/ops/engine/try-block.ts';
import { failure } from '../helpers/machines.ts';

const { signal } = new AbortController();
const boardOf = (family: string | undefined) => {
  const { target: _, ...profile } = builtInProfile('rc-cap')!;
  return { profile: family === undefined ? profile : { ...profile, target: { family } } };
};
/** A line of AN2606 that loses blocks behind some host controllers (Rev 70, table 42), one that does not, and none. */
const [known, unknown, none] = ['F072', 'F405_407', undefined].map(boardOf);

/** A DFU target that does with the test block what is given here; `sent` are the ends of the blocks. */
function dfu(sendInVain: () => Promise<void>) {
  const sent: number[] = [];
  const bootloader: DfuBootloader = Object.create(DfuBootloader.prototype, {
    transferSize: { value: 2048 },
    sendInVain: {
      value: (end: number) => {
        sent.push(end);
        return sendInVain();
      },
    },
  });
  return { bootloader, sent };
}

test('a line that is known for it gets one block, which ends at the top of its RAM', async () => {
  const { bootloader, sent } = dfu(async () => {});
  await tryBlock(known!, bootloader, signal);
  expect(sent).toEqual([0x2000_4000]); // 16 KiB of SRAM (embassy-rs/stm32-data@028b890, STM32F07..B)
});

test('a line that is not known for it, and one that nobody has named, get none', async () => {
  const { bootloader, sent } = dfu(async () => {});
  for (const board of [unknown!, none!]) await tryBlock(board, bootloader, signal);
  expect(sent).toEqual([]);
});

test('a block that breaks off is said with what broke, and anything else is what it is', async () => {
  const lost = failure('target-lost');
  await expect(tryBlock(known!, dfu(() => Promise.reject(lost)).bootloader, signal)).rejects.toMatchObject({
    code: 'usb-blocks-break-off',
    message: `A test block of 2048 bytes broke off, before anything was erased: ${lost.message}`,
    cause: lost,
  });
  for (const other of [failure('dfu-status'), new TypeError('a mistake')])
    await expect(tryBlock(known!, dfu(() => Promise.reject(other)).bootloader, signal)).rejects.toBe(other);
});

test('a target that is lost while blocks are sent to it: what is known of its line is said', () => {
  const lost = failure('target-lost');
  const explained = explainLoss(lost, known!, { kind: 'dfu' });
  expect(explained).toBeInstanceOf(BootctlError);
  expect(explained).toMatchObject({ code: 'target-lost', message: lost.message });
  expect((explained as BootctlError).hint).toMatch(
    /^.* Known of .*put a USB hub in between \(AN2606 Rev 70, Table 42\)/,
  );
  expect((explained as BootctlError).hint.startsWith(lost.hint)).toBe(true);
});

test.each([
  { what: 'over USART', board: known!, kind: 'usart', error: failure('target-lost') },
  { what: 'of another line', board: unknown!, kind: 'dfu', error: failure('target-lost') },
  { what: 'of no line that is named', board: none!, kind: 'dfu', error: failure('target-lost') },
  { what: 'by another error', board: known!, kind: 'dfu', error: failure('dfu-status') },
  { what: 'by a mistake of ours', board: known!, kind: 'dfu', error: new TypeError('a mistake') },
] as const)('a loss $what is left as it is', ({ board, kind, error }) => {
  expect(explainLoss(error, board, { kind })).toBe(error);
});
