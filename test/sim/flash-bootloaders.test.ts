import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { profileWarnings } from '../../src/board/profile/profile-warnings.ts';
import { flashBootloaderOf, flashBootloaders } from '../../src/chips/flash-bootloaders.ts';
import { diagnoseReached } from '../../src/ops/entry/diagnose-clone.ts';
import { seeingFlashBootloader } from '../../src/ops/entry/seen-instead.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { runCommand } from '../helpers/command.ts';
import { boardFile, f405, profileFile } from '../helpers/profile-file.ts';

/** A bootloader in the target's flash comes where BOOT0 is low, and its ids must not be taken for those of a ROM. */
const board = profileFile(
  'with-bootloader',
  f405,
  'methods: [lines]',
  'application: { expect: usb, vendorId: "cafe", productId: "cafe", timeout: 5s }',
);

/** Ids and product strings as the sources of the rows have them. */
const seen = [
  { id: 'katapult', usb: { vendorId: '1d50', productId: '6177' }, tool: /flashtool\.py/ },
  { id: 'maple', usb: { vendorId: '1eaf', productId: '0003' }, tool: /dfu-util -a 2/ },
  { id: 'hid', usb: { vendorId: '1209', productId: 'beba' }, tool: /hid-flash/ },
  { id: 'dapboot', usb: { vendorId: '1209', productId: 'db42' }, tool: /dfu-util -d 1209:db42/ },
  { id: 'openblt', usb: { vendorId: '1d50', productId: '60ac' }, tool: /BootCommander/ },
  { id: 'tinyuf2', usb: { vendorId: '239a', productId: '0059' }, tool: /UF2 file/ },
  { id: 'px4', usb: { vendorId: '26ac', productId: '0032', product: 'PX4 BL FMU v5.x' }, tool: /px_uploader/ },
  { id: 'ardupilot', usb: { vendorId: '1209', productId: '5741', product: 'CubeOrange-BL' }, tool: /Mission Planner/ },
] as const;

describe('it comes after a reset with BOOT0 low', () => {
  test.each(seen)('$id is named, with the way past it and its tool', async ({ usb, tool }) => {
    const argv = ['enter', '--profile', board, '--simulate', 'boot0-stuck-low-running', '--json'];
    const { result, truth } = await runCommand([...argv, '--port', '/dev/ttySIM0'], { firmware: { usb } });
    expect(truth.some((event) => event.what === 'boot0-sampled' && event.boots === 'rom')).toBe(false);
    const diagnosis = result.diagnosis as { cause: string; advice: string }[];
    expect(diagnosis.map(({ cause }) => cause)).toEqual(['flash-bootloader']);
    expect(diagnosis[0]?.advice).toMatch(/BOOT0 was low when it was sampled/);
    expect(diagnosis[0]?.advice).toMatch(tool);
    expect(JSON.stringify(result)).not.toMatch(/into `usb`/);
  });
});

describe('the ROM has no DFU, and is called on its USART', () => {
  const bluePill = boardFile(
    'blue-pill-with-maple',
    'target: { family: F103_md }',
    'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }',
    'usart: { connected: true }',
    'methods: [lines]',
    'application: { expect: usb, vendorId: "cafe", productId: "cafe", timeout: 5s }',
  );
  const argv = ['enter', '--profile', bluePill, '--json', '--port', '/dev/ttySIM0'];
  const maple = { usb: { vendorId: '1eaf', productId: '0003' } };

  test('a bootloader in the flash that comes on the bus meanwhile is named', async () => {
    const { result, truth } = await runCommand([...argv, '--simulate', 'boot0-stuck-low-running'], { firmware: maple });
    expect(truth.some((event) => event.what === 'boot0-sampled' && event.boots === 'rom')).toBe(false);
    expect(result).toMatchObject({ error: { code: 'methods-exhausted' } });
    const [first] = result.diagnosis as { cause: string; evidence: string; advice: string }[];
    expect(first).toMatchObject({ cause: 'flash-bootloader', evidence: expect.stringMatching(/Maple.*1eaf:0003/) });
    expect(first?.advice).toMatch(/BOOT0 was low when it was sampled.*dfu-util -a 2/);
  });

  test('an application is not', async () => {
    const usb = { vendorId: '1eaf', productId: '0004' };
    const { result } = await runCommand([...argv, '--simulate', 'boot0-stuck-low-running'], { firmware: { usb } });
    expect(JSON.stringify(result)).not.toMatch(/flash-bootloader/);
    expect(result).toMatchObject({ ok: false, error: { code: 'methods-exhausted' } });
  });

  const device = { path: '1-2', instance: '1-2#7', bcdDevice: '0201', ...maple.usb };
  const silence = new BootctlError('usart-no-sync', 'No answer to 0x7F');
  test.each([
    { where: 'has come', usb: {}, known: [], details: { flashBootloader: 'maple' } },
    { where: 'was there before the reset', usb: {}, known: ['1-2#7'], details: {} },
    { where: 'came at another place than the named one', usb: { path: '1-3' }, known: [], details: {} },
    { where: 'cannot be of this board, whose USB goes nowhere', usb: { connected: false }, known: [], details: {} },
  ])('one that $where', async ({ usb, known, details }) => {
    const bus = { list: async () => [device], onChange: () => () => {} };
    const job = { bench: { usb: bus }, profile: referenceBoard({ usb: { ...maple.usb, ...usb } }) };
    const call = seeingFlashBootloader(job as never, { known, left: [] }, () => Promise.reject(silence));
    const error = await call.catch((reason: BootctlError) => reason);
    expect((error as BootctlError).details).toMatchObject(details);
    expect('flashBootloader' in (error as BootctlError).details).toBe('flashBootloader' in details);
  });
});

test.each([
  { vendorId: '26ac', productId: '0032', product: 'PX4 FMU v5.x' },
  { vendorId: '1209', productId: '5741', product: 'CubeOrange' },
  { vendorId: '0483', productId: 'df11', product: 'STM32  BOOTLOADER' },
  { vendorId: '1eaf', productId: '0004', product: 'Maple' },
])('$product ($vendorId:$productId) is none', (device) => {
  expect(flashBootloaderOf(device)).toBeUndefined();
});

test('one with the ids of the ROM is reached, and said to be no ROM', () => {
  const device = { path: '1-2', instance: '1-2#1', bcdDevice: '0200', vendorId: '0483', productId: 'df11' };
  expect(diagnoseReached({ ...device, product: 'Pyboard DFU' })).toMatchObject([
    { cause: 'flash-bootloader', evidence: expect.stringMatching(/mboot.*in the flash, and not the ROM/) },
  ]);
  expect(diagnoseReached({ ...device, product: 'STM32  BOOTLOADER' })).toEqual([]);
});

test('a profile that awaits one as if it were a ROM is warned of it', () => {
  const usb = { vendorId: '1eaf', productId: '0003' };
  expect(profileWarnings(referenceBoard({ usb }))).toContainEqual(
    expect.stringMatching(/1eaf:0003.*Maple.*bootctl does not speak to it/),
  );
});

test('a device that nobody knows is advised into `usb` only where it speaks DfuSe', async () => {
  const argv = ['enter', '--profile', board, '--simulate', 'boot0-stuck-low-running', '--json'];
  const { result } = await runCommand([...argv, '--port', '/dev/ttySIM0'], {
    firmware: { usb: { vendorId: '1234', productId: '5678' } },
  });
  expect(result.diagnosis).toMatchObject([
    { cause: 'other-device', advice: expect.stringMatching(/`usb`.*only if.*DfuSe/) },
  ]);
});

test('every row has a source, and a sign of its own', () => {
  expect(flashBootloaders.every(({ source }) => source.length > 30)).toBe(true);
  const ids = flashBootloaders.flatMap((row) => row.ids ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  expect(flashBootloaders.filter(({ ids, calls }) => !ids && !calls)).toEqual([]);
  expect(seen.map(({ id }) => id).sort()).toEqual(
    flashBootloaders
      .filter(({ speaksDfuSe }) => !speaksDfuSe)
      .map(({ id }) => id)
      .sort(),
  );
});
