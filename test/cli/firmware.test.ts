import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorMissing } from '../firmware/compile.ts';
import { firmware, jsonLines, repository, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { boardFile, f405, profileFile } from '../helpers/profile-file.ts';

const run = (...argv: readonly string[]) => runCli(['firmware', ...argv], { openBench: untouchableBench });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-firmware-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
const inFolder = (name: string) => join(folder, name);

const asking = 'softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", via: adapter }]';
const asked = profileFile('asked', f405, asking, 'methods: [soft-jump, lines]');
const names = ['bootctl_config.h', 'bootctl_firmware.c', 'bootctl_firmware.h'];

/** An image of 512 bytes with this text in it, as a compiler leaves a string in flash. */
function imageWith(name: string, text: string): string {
  const bytes = Buffer.alloc(512);
  bytes.writeUInt32LE(0x2001_0000, 0);
  bytes.writeUInt32LE(0x0800_0101, 4);
  bytes.write(text, 0x140, 'latin1');
  const path = inFolder(name);
  writeFileSync(path, bytes);
  return path;
}
const signature = (commands: string, target = 'F405_407', more = '1') =>
  `bootctl-kit/1;jump;${target};${more};${commands}`;

describe('show', () => {
  test('says what is done, by which registers, and where each comes from', async () => {
    const { status, stdout } = await run('show', '-p', asked);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^asked: the firmware of STM32F405.* jumps into its ROM when it is asked\n/);
    expect(stdout).toMatch(/way +a request in the backup register 0x40002850.*table at 0x1FFF0000/);
    expect(stdout).toMatch(/asked by +"bootloader\\015\\012" on the USART of the adapter at 115200 baud/);
    expect(stdout).toMatch(/BOOTCTL_REMAP_REG 0x40013800u/);
    expect(stdout).toMatch(/registers +stm32duino\/Arduino_Core_STM32@b4bae0d/);
  });

  test('a condition is said, and a way by the capacitor with its times', async () => {
    const { stdout } = await run('show', '-p', asked, '--target', 'L07x_08x_usb');
    expect(stdout).toMatch(/only where +the id of the ROM at 0x1FF01FFE is 0x40/);
    expect(stdout).toMatch(/condition +ROM V4.0 takes the jump/);
    const charging = (id: string, capacitor: string) =>
      profileFile(
        id,
        'target: { family: L07x_08x_usb }',
        `boot0: { chargeResistor: 1k, capacitor: ${capacitor}, bleedResistor: 47k }`,
        'softJump: [{ trigger: self-charge, send: "boot\\r\\n", via: adapter, pin: PB12 }]',
        'methods: [soft-jump, manual]',
      );
    const { stdout: charges } = await run('show', '-p', charging('charging', '4.7uF'));
    expect(charges).toMatch(/way +PB12 at 1 charges the capacitor on BOOT0 for 50 ms/);
    expect(charges).toMatch(/delay +250 ms/);
    // 979 Ω into 56.4 µF: five time constants are 277 ms, longer than the delay of USB.
    expect((await run('show', '-p', charging('slow', '47uF'))).stdout).toMatch(/delay +277 ms/);
    expect(charges).toMatch(/no jump +ROM V4.0 takes the jump/);
    expect(charges).not.toMatch(/^known/m);
    expect(charges).toMatch(/holds +BOOT0 reads 1 for [\d.]+ ms afterwards in the worst corner/);
  });

  test('JSON has the same', async () => {
    const [plan, result] = jsonLines((await run('show', '-p', asked, '--json')).stdout);
    expect(plan).toMatchObject({
      event: 'firmware',
      target: 'F405_407',
      verdict: 'jump',
      method: 'jump',
      commands: ['bootloader\r\n'],
      delay: 1000,
      registers: { rom: 0x1fff_0000 },
      sources: { registers: expect.stringContaining('Arduino_Core_STM32') },
    });
    expect(result).toMatchObject({ event: 'result', ok: true });
  });

  test.each([
    ['rc-cap', [], 'firmware-request-missing', 'softJump: [{ trigger: serial-command'],
    ['soft-jump', [], 'firmware-target-unnamed', '--target F405_407'],
    ['soft-jump', ['--target', 'H5E_5F'], 'firmware-refused', 'BOOT0 and NRST'],
    ['soft-jump', ['--target', 'H7RS'], 'firmware-refused', 'BOOT0 and NRST'],
    ['soft-jump', ['--target', 'F405_407', '--ram-token', '0x20000100'], 'firmware-ram-unusable', 'backup register'],
    ['soft-jump', ['--target', 'F405_407', '--ram-token', 'here'], 'usage', ''],
    ['soft-jump', ['--target', 'F04x', '--boot0-pin', 'B8'], 'usage', ''],
  ] as const)('%s %j is refused: %s', async (profile, more, code, hint) => {
    const { status, stdout, stderr } = await run('show', '-p', profile, ...more);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(hint);
  });
});

describe('write', () => {
  test('makes three files, says what to add, and a second time changes nothing', async () => {
    const out = inFolder('three/deep');
    const { status, stdout } = await run('write', out, '-p', asked);
    expect(status).toBe(0);
    expect(readdirSync(out).toSorted()).toEqual(names);
    expect(stdout.match(/^written/gm)).toHaveLength(3);
    expect(stdout).toContain('bootctl_start();');
    expect(stdout).toContain('bootctl_command_received(byte);');
    expect(stdout).toContain(
      '    - { trigger: serial-command, baudRate: 115200, send: "bootloader\\r\\n", via: adapter }',
    );
    // The kit is byte for byte what the emulator has run; one line follows.
    for (const name of ['bootctl_firmware.c', 'bootctl_firmware.h']) {
      const shipped = readFileSync(join(repository, 'hardware/firmware', name), 'utf8');
      expect(readFileSync(join(out, name), 'utf8').startsWith(shipped)).toBe(true);
    }
    const before = names.map((name) => readFileSync(join(out, name), 'utf8'));
    const again = await run('write', out, '-p', asked);
    expect(again.stdout.match(/^unchanged/gm)).toHaveLength(3);
    expect(names.map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(before);
  });

  test('renews what it has written itself, also with the line ends of Windows', async () => {
    const out = inFolder('renewed');
    await run('write', out, '-p', asked);
    const config = join(out, 'bootctl_config.h');
    writeFileSync(config, readFileSync(config, 'utf8').replaceAll('\n', '\r\n'));
    const { stdout } = await run('write', out, '-p', asked, '--target', 'F072', '--json');
    expect(jsonLines(stdout)[0]).toMatchObject({
      files: [{ outcome: 'unchanged' }, { outcome: 'unchanged' }, { path: config, outcome: 'renewed' }],
    });
    expect(readFileSync(config, 'utf8')).toContain('"F072"');
  });

  test('leaves what somebody has changed, names it, and writes none of the others', async () => {
    const out = inFolder('changed');
    await run('write', out, '-p', asked);
    const source = join(out, 'bootctl_firmware.c');
    appendFileSync(source, '/* mine */\n');
    const before = names.map((name) => readFileSync(join(out, name), 'utf8'));
    const { status, stderr } = await run('write', out, '-p', asked, '--target', 'F072');
    expect(status).toBe(2);
    expect(stderr).toContain('bootctl_firmware.c [firmware-file-changed]');
    const json = await run('write', out, '-p', asked, '--json');
    expect(jsonLines(json.stdout).at(-1)).toMatchObject({ error: { code: 'firmware-file-changed' } });
    expect(names.map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(before);
  });

  test('a refusal of the profile makes no folder, and a folder that cannot be made is said', async () => {
    expect((await run('write', inFolder('none'), '-p', 'rc-cap')).status).toBe(2);
    expect(readdirSync(folder)).not.toContain('none');
    writeFileSync(inFolder('file'), '');
    const { status, stderr } = await run('write', inFolder('file/below'), '-p', asked);
    expect([status, stderr]).toEqual([2, expect.stringContaining('[output-unwritable]')]);
  });
});

describe.skipIf(emulatorMissing())('what is written compiles, and is found in what the linker makes', () => {
  const gcc = (out: string, ...more: readonly string[]) =>
    execFileSync('arm-none-eabi-gcc', [
      ...['-mcpu=cortex-m4', '-mthumb', '-ffreestanding', '-nostdlib', '-Os', '-Wall', '-Wextra', '-Werror'],
      ...['-ffunction-sections', '-Wl,--gc-sections', '-Wl,-Ttext=0x08000000', '-Wl,--no-warn-rwx-segments'],
      ...['-Wl,--build-id=none', `-I${out}`, '-e', 'main', ...more],
    ]);
  const calls = 'int main(void) { bootctl_start(); for (;;) { bootctl_command_received(1); bootctl_poll(0); } }\n';

  test('as three files', async () => {
    const out = inFolder('compiled');
    await run('write', out, '-p', asked);
    const [main, elf] = [inFolder('main.c'), inFolder('app.elf')];
    writeFileSync(main, `#include "bootctl_firmware.h"\n${calls}`);
    gcc(out, main, join(out, 'bootctl_firmware.c'), '-o', elf);
    const { status, stdout } = await run('check', elf, '-p', asked);
    expect(status).toBe(0);
    expect(stdout).toMatch(/0x0800\w{4} {2}jump into the ROM of F405_407 on "bootloader\\015\\012" \(firmware kit 1\)/);
    expect(stdout).toContain('This is what asked asks.');
  });

  test('as a single header', async () => {
    const out = inFolder('single');
    await run('write', out, '-p', asked, '--single-header');
    expect(readdirSync(out)).toEqual(['bootctl_firmware_single.h']);
    const [main, elf] = [inFolder('single.c'), inFolder('single.elf')];
    const define = '#define BOOTCTL_FIRMWARE_IMPLEMENTATION\n';
    writeFileSync(main, `${define}#include "bootctl_firmware_single.h"\n${calls}`);
    gcc(out, main, '-o', elf);
    expect((await run('check', elf)).stdout).toContain('jump into the ROM of F405_407');
  });
});

describe('check', () => {
  test('finds the kit in a raw binary, without an address', async () => {
    const image = imageWith('kit.bin', signature('R\0boot', 'F405_407', '2t'));
    const { status, stdout } = await run('check', image);
    expect([status, stdout]).toEqual([
      0,
      '0x08000140  jump into the ROM of F405_407 on "R" and "boot" and 1200 baud with a falling DTR (firmware kit 1)\n',
    ]);
    const [kit] = jsonLines((await run('check', image, '--json')).stdout);
    expect(kit).toMatchObject({
      event: 'firmware.kit',
      method: 'jump',
      version: '1',
      commands: ['R', 'boot'],
      touch: true,
    });
  });

  test.each([
    ['nothing of it', 'hello'],
    ['its beginning only', 'bootctl-kit/1;jump'],
    ['a field that is none', signature('R', 'F405_407', '1x')],
    ['a command less than it says', signature('R', 'F405_407', '2')],
    ['a command where it says none', signature('R', 'F405_407', '0')],
    ['longer commands than the kit takes', signature(`${'a'.repeat(16)}\0${'b'.repeat(16)}`, 'F405_407', '2')],
  ])('an image with %s has no kit', async (_, text) => {
    const { status, stdout } = await run('check', imageWith('none.bin', text), '--json');
    expect(status).toBe(2);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ error: { code: 'firmware-kit-absent' } });
  });

  test('a kit that answers to something else than the profile asks, or was made for another line', async () => {
    const other = await run('check', imageWith('other.bin', signature('boot\r\n')), '-p', asked);
    expect(other.stderr).toContain(
      'answers to "boot\\015\\012", and the softJump of the profile asks for something else',
    );
    const two = inFolder('two.yaml');
    const more = asking.replace('[', '[{ trigger: touch-1200, via: target, vendorId: "0483", productId: "5740" }, ');
    writeFileSync(two, readFileSync(asked, 'utf8').replace(asking, more).replace('id: asked', 'id: two'));
    const part = await run('check', imageWith('part.bin', signature('bootloader\r\n')), '-p', two);
    expect(part.stderr).toContain(
      'answers to "bootloader\\015\\012", and the softJump of the profile asks for 1200 baud with a falling DTR',
    );
    const line = await run('check', imageWith('line.bin', signature('bootloader\r\n', 'F072')), '-p', asked);
    expect(line.stderr).toContain('was made for F072, and the target of the profile is F405_407');
    expect([other.status, line.status]).toEqual([2, 2]);
  });
});

describe('elsewhere', () => {
  const info = (...argv: readonly string[]) => runCli(['image', 'info', ...argv], { openBench: untouchableBench });

  test('image info says that an image can be asked', async () => {
    const image = `${imageWith('info.bin', signature('R'))}@0x08000000`;
    expect((await info(image)).stdout).toMatch(/can be asked +jump into the ROM of F405_407 on "R"/);
    expect(jsonLines((await info(image, '--json')).stdout)[0]).toMatchObject({ kits: [{ commands: ['R'] }] });
  });

  test('a job notes that what it flashes may not obey, and does it', async () => {
    const recovering = boardFile(
      'recovering',
      'wiring: { nrst: { line: rts, asserted: 0 }, boot0: { line: dtr, asserted: 1 } }',
      f405,
      asking,
      'methods: [soft-jump, lines]',
      'application: { expect: usb, vendorId: "0483", productId: "5740" }',
    );
    const { status, stderr } = await runCli(['recover', firmware, '-p', recovering, '--simulate']);
    expect(status).toBe(0);
    expect(stderr).toContain(
      'it has no firmware kit of bootctl in it: whether it obeys the softJump of the profile is not known',
    );
    const quiet = await runCli(['recover', firmware, '-p', 'rc-cap', '--simulate']);
    expect(quiet.stderr).not.toContain('firmware kit');
  });
});
