import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled, emulatorMissing, kitFolder } from './compile.ts';

/** Arm's MPS2 boards of QEMU: another emulator, with NVIC, SysTick and real exceptions, and without any register of an STM32. */
const here = join(import.meta.dirname, 'mps2');
const missing = emulatorMissing('qemu-system-arm');
const folder = mkdtempSync(join(tmpdir(), 'bootctl-mps2-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Arm AN385, AN386, AN500 and AN505, memory maps: where the code begins, RAM, other RAM in which the "ROM" lies, and a UART. */
const boards = {
  an385: { core: 'cortex-m3', code: 0, ram: 0x20000000, rom: 0x21000000, uart: 0x40004000 },
  an386: { core: 'cortex-m4', code: 0, ram: 0x20000000, rom: 0x21000000, uart: 0x40004000 },
  an500: { core: 'cortex-m7', code: 0, ram: 0x20000000, rom: 0x60000000, uart: 0x40004000 },
  an505: { core: 'cortex-m33', code: 0x10000000, ram: 0x38000000, rom: 0x10200000, uart: 0x40200000 },
} as const;
type Board = keyof typeof boards;
/** Words of RAM stand for the request and for the reset flags, which QEMU's loader sets at each reset. */
const flags = (board: Board) => boards[board].ram + 0x200000;
const config = `#define BOOTCTL_TARGET "mps2"
#define BOOTCTL_ROM ROM
#define BOOTCTL_VTOR ROM
#define BOOTCTL_NVIC_WORDS 1u
#define BOOTCTL_RESET_REG (RAM + 0x200000u)
#define BOOTCTL_RESET_SOFTWARE 0x10000000u
#define BOOTCTL_RESET_CLEAR 0x01000000u
#define BOOTCTL_RAM_TOKEN (RAM + 0x100000u)
#define BOOTCTL_COMMAND "bootloader\\r\\n"
#define BOOTCTL_DELAY_MS 20u
`;

const compiler = ['-std=gnu11', '-Os', '-mthumb', '-mfloat-abi=soft', '-ffreestanding', '-nostdlib'];
const linker = ['-Wl,--build-id=none', '-Wl,-e,0', '-Wl,--no-warn-rwx-segments'];

function build(name: string, board: Board, at: number, ...more: readonly string[]) {
  const { core, ram, rom, uart } = boards[board];
  const places = { '--section-start=.vectors': at, '-Ttext': at + 0x400, '-Tbss': ram };
  return promisify(execFile)('arm-none-eabi-gcc', [
    ...[...compiler, `-mcpu=${core}`, `-I${folder}`, `-I${kitFolder}`, ...linker],
    ...Object.entries(places).map(([option, place]) => `-Wl,${option}=0x${place.toString(16)}`),
    ...[`-DRAM=${ram}u`, `-DROM=${rom}u`, `-DUART=${uart}u`, '-o', join(folder, `${name}-${board}`), ...more],
  ]);
}

const kit = join(kitFolder, 'bootctl_firmware.c');
const app = join(here, 'app.c');
const names = Object.keys(boards) as Board[];

/** What the board says on its UART, up to the end of the line. A time of QEMU's own: 8 ns an instruction. */
function said(board: Board, application: string): Promise<string> {
  const qemu = spawn('qemu-system-arm', [
    ...['-M', `mps2-${board}`, '-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-icount', 'shift=3'],
    ...['-kernel', join(folder, `${application}-${board}`), '-device', `loader,file=${join(folder, `rom-${board}`)}`],
    ...['-device', `loader,addr=${flags(board)},data=0x10000000,data-len=4`],
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

describe.skipIf(missing)('on QEMU, with real exceptions', compiled, () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'bootctl_config.h'), config);
    const source = readFileSync(kit, 'utf8');
    writeFileSync(join(folder, 'no-msplim.c'), source.replace('      "msr msplim, r2\\n"\n', ''));
    await Promise.all([
      ...names.flatMap((board) => [
        build('rom', board, boards[board].rom, join(here, 'rom.c')),
        build('app', board, boards[board].code, app, kit),
      ]),
      build('direct', 'an385', 0, app, kit, '-DDIRECT'),
      build('no-msplim', 'an505', boards.an505.code, app, join(folder, 'no-msplim.c')),
    ]);
  }, compiled.timeout);

  const clean = ['primask', 'control', 'basepri', 'iser', 'ispr'].map((name) => `${name}=00000000`);

  test.each(names)('%s: the kit enters the "ROM", which works undisturbed', async (board) => {
    const line = await said(board, 'app');
    expect(line.match(/application/g)).toHaveLength(1);
    const limit = board === 'an505' ? ['msplim=00000000'] : [];
    for (const one of [...clean, `vtor=${boards[board].rom.toString(16)}`, 'request=b0070000', ...limit])
      expect(line).toContain(one);
    // Bit 2 is the clock of the core, the only one that there is on AN505.
    expect(line).toMatch(/systick=0000000[04] .* own stack waits for a host\n$/);
  });

  test('M33: with the stack limit of the application left in MSPLIM, the "ROM" has no stack', async () => {
    const text = await said('an505', 'no-msplim');
    expect(text).toMatch(/^application /);
    expect(text).not.toContain('waits for a host');
  });

  test('a jump out of the running application ends in a vector of the "ROM": its tick goes on', async () => {
    const line = await said('an385', 'direct');
    expect(line).toContain('systick=00010007');
    expect(line).toMatch(/ stuck in its default handler\n$/);
  });
});
