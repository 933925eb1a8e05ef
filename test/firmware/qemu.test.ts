import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emulatorMissing, kitFolder } from './compile.ts';

/** Arm's MPS2 boards of QEMU: another emulator, with NVIC, SysTick and real exceptions, and without any register of an STM32. */
const here = join(import.meta.dirname, 'mps2');
const missing = emulatorMissing('qemu-system-arm');
const folder = mkdtempSync(join(tmpdir(), 'bootctl-mps2-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** RAM in which the "ROM" lies: Arm AN385, AN386 and AN500, memory maps (PSRAM). */
const psram = { an385: 0x21000000, an386: 0x21000000, an500: 0x60000000 } as const;
/** Words of RAM stand for the request and for the reset flags, which QEMU's loader sets at each reset. */
const flags = 0x20200000;
const config = `#define BOOTCTL_TARGET "mps2"
#define BOOTCTL_ROM ROM
#define BOOTCTL_VTOR ROM
#define BOOTCTL_NVIC_WORDS 1u
#define BOOTCTL_RESET_REG 0x20200000u
#define BOOTCTL_RESET_SOFTWARE 0x10000000u
#define BOOTCTL_RESET_CLEAR 0x01000000u
#define BOOTCTL_RAM_TOKEN 0x20100000u
#define BOOTCTL_COMMAND "bootloader\\r\\n"
#define BOOTCTL_DELAY_MS 20u
`;

const compiler = ['-std=gnu11', '-Os', '-mcpu=cortex-m3', '-mthumb', '-mfloat-abi=soft', '-ffreestanding', '-nostdlib'];
const linker = ['-Wl,--build-id=none', '-Wl,-Tbss=0x20000000', '-Wl,-e,0', '-Wl,--no-warn-rwx-segments'];

function build(name: string, rom: number, at: number, sources: readonly string[], ...definitions: readonly string[]) {
  const places = [`-Wl,--section-start=.vectors=${at.toString(16)}`, `-Wl,-Ttext=${(at + 0x400).toString(16)}`];
  const includes = [`-I${folder}`, `-I${kitFolder}`];
  return promisify(execFile)('arm-none-eabi-gcc', [
    ...[...compiler, ...includes, `-DROM=${rom}u`, ...definitions, ...linker, ...places],
    ...['-o', join(folder, name), ...sources],
  ]);
}

const kit = join(kitFolder, 'bootctl_firmware.c');
const app = join(here, 'app.c');

/** What the board says on its UART, up to the end of the line. A time of QEMU's own: 8 ns an instruction. */
function said(board: keyof typeof psram, application: string): Promise<string> {
  const qemu = spawn('qemu-system-arm', [
    ...['-M', `mps2-${board}`, '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-icount', 'shift=3'],
    ...['-kernel', join(folder, application), '-device', `loader,file=${join(folder, `rom-${psram[board]}`)}`],
    ...['-device', `loader,addr=${flags},data=0x10000000,data-len=4`],
  ]);
  let text = '';
  return new Promise((resolve, reject) => {
    qemu.on('error', reject);
    qemu.on('close', () => resolve(text));
    qemu.stdout.on('data', (more) => {
      text += more;
      if (text.includes('\n')) qemu.kill();
    });
  });
}

describe.skipIf(missing)('on QEMU, with real exceptions', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'bootctl_config.h'), config);
    const both = [...new Set(Object.values(psram))];
    await Promise.all([
      ...both.flatMap((rom) => [
        build(`rom-${rom}`, rom, rom, [join(here, 'rom.c')]),
        build(`app-${rom}`, rom, 0, [app, kit]),
      ]),
      build('direct', psram.an385, 0, [app, kit], '-DDIRECT'),
    ]);
  });

  const clean = ['primask', 'control', 'basepri', 'systick', 'iser', 'ispr'].map((name) => `${name}=00000000`);

  test.each(['an385', 'an386', 'an500'] as const)(
    '%s: the kit enters the "ROM", which works undisturbed',
    async (board) => {
      const rom = psram[board];
      const line = await said(board, `app-${rom}`);
      expect(line.match(/application/g)).toHaveLength(1);
      for (const one of [...clean, `vtor=${rom.toString(16)}`, 'request=b0070000', 'own stack'])
        expect(line).toContain(one);
      expect(line).toMatch(/ own stack waits for a host\n$/);
    },
  );

  test('a jump out of the running application ends in a vector of the "ROM": its tick goes on', async () => {
    const line = await said('an385', 'direct');
    expect(line).toContain('systick=00010007');
    expect(line).toMatch(/ stuck in its default handler\n$/);
  });
});
