import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { application } from '../helpers/applications.ts';
import { runCommand } from '../helpers/command.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-start-'));
const start = 0x0800_8000;
const stack = 0x2002_0000;
const app = join(folder, 'app.bin');
writeFileSync(app, application({ link: start, stack, bytes: 4096 }));
const alone = join(folder, 'alone.bin');
writeFileSync(alone, application({ link: 0x0800_0000, stack, bytes: 4096 }));

const profile = profileFile(
  'behind-bootloader',
  'target: { family: F405_407, applicationStart: 0x08008000 }',
  wholeBoot0,
  'methods: [rc-cap]',
  'application: { expect: usb, vendorId: "1209", productId: "0001", timeout: 5s }',
);
const recover = (image: string, ...more: readonly string[]) =>
  runCommand(['recover', image, '--profile', profile, '--json', ...more]);

describe('a board whose applications start behind a bootloader of its own', () => {
  test('the bootloader outlives the job, and starts the application: the ROM jumps to it', async () => {
    const { status, result, bench, truth } = await recover(`${app}@0x08008000`, '--simulate', 'healthy');
    expect([status, result.application]).toEqual([0, 'seen']);
    expect(truth.filter(({ what }) => what === 'left')).toMatchObject([{ address: 0x0800_0000 }]);
    const erased = truth.flatMap((event) => (event.what === 'erased' ? [event.address] : []));
    expect(erased).toEqual([start]);
    expect(bench.boards[0].memory.flash.word(0x0800_0004)).toBe(0x0800_0201);
  });

  test('without that bootloader nothing starts, and the report says that it has to be there', async () => {
    const { status, result } = await recover(`${app}@0x08008000`, '--simulate', 'blank-flash');
    expect([status, result.error]).toMatchObject([
      8,
      { code: 'application-not-seen', hint: expect.stringContaining('the bootloader of the board') },
    ]);
  });

  test('an image for the start of the flash is refused before anything moves; with --force it is flashed', async () => {
    const refused = await recover(`${alone}@0x08000000`, '--simulate', 'healthy');
    expect([refused.status, refused.truth.filter(({ what }) => what === 'lines')]).toEqual([2, []]);
    expect(refused.result.error).toMatchObject({ code: 'image-wrong-base' });
    const forced = await recover(`${alone}@0x08000000`, '--simulate', 'healthy', '--force');
    expect(forced.status).toBe(0);
  });

  test('a raw binary without an address is told where applications start', async () => {
    const { status, result } = await recover(app, '--simulate');
    expect([status, result.error]).toMatchObject([2, { hint: expect.stringContaining('`--address 0x08008000`') }]);
  });

  test('the plan and the profile say so', async () => {
    const plan = await runCommand(['recover', `${app}@0x08008000`, '--profile', profile, '--dry-run']);
    expect(plan.stdout).toMatch(/target .*applications start at 0x0800_8000, behind a bootloader of the board/);
    const json = await recover(`${app}@0x08008000`, '--dry-run');
    expect(json.events.find(({ event }) => event === 'plan.job')).toMatchObject({
      target: { family: 'F405_407' },
      applicationStart: start,
    });
    const shown = await runCommand(['profile', 'show', profile]);
    expect(shown.stdout).toContain('applications start at 0x0800_8000');
  });
});

test('firmware for another chip moves nothing, with a profile that names no target', async () => {
  const avr = join(folder, 'avr.hex');
  writeFileSync(avr, ':100000000C945C000C946E000C946E000C946E00CA\r\n:00000001FF\r\n');
  const any = profileFile('any-target', wholeBoot0, 'methods: [rc-cap]', 'application: { expect: none }');
  for (const board of [any, 'betaflight']) {
    const { status, result, truth } = await runCommand([
      'recover',
      avr,
      '-p',
      board,
      '--simulate',
      'healthy',
      '--json',
    ]);
    expect([status, result.error]).toMatchObject([2, { code: 'image-out-of-range' }]);
    expect(truth.filter(({ what }) => what === 'lines')).toEqual([]);
  }
});

test('a warning goes with the job and its plan', async () => {
  const large = join(folder, 'large.bin');
  writeFileSync(large, application({ link: 0x0800_c000, stack, bytes: 128 * 1024 }));
  const argv = ['recover', `${large}@0x08000000`, '--profile', 'rc-cap', '--simulate', '--json'];
  for (const { events } of [await runCommand(argv), await runCommand([...argv, '--dry-run'])]) {
    const notes = events.filter(({ event }) => event === 'note').map(({ message }) => message);
    expect(notes).toContainEqual(expect.stringContaining('its vectors seem made for 0x0800_C000'));
  }
});
