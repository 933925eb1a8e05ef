import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCli, untouchableBench } from '../helpers/cli-context.ts';
import { firmware, linesAtEnd, runCommand } from '../helpers/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-import-'));

/** Imports into a file of this name, and has it checked. */
async function imported(id: string, ...argv: readonly string[]): Promise<string> {
  const file = `${id}.yaml`;
  const run = await runCli(['profile', 'import', '--output', file, '--force', ...argv], {
    cwd: folder,
    openBench: untouchableBench,
  });
  expect(run).toMatchObject({ status: 0, stderr: '' });
  const checked = await runCli(['profile', 'check', file], { cwd: folder, openBench: untouchableBench });
  expect(checked.stdout).toMatch(new RegExp(`^${file}: good`));
  return join(folder, file);
}

/** Boards that others have drawn, and words that other tools are given for them in public projects. */
const boards = [
  // FYSETC/FYSETC-Cheetah, README; MarlinFirmware/Marlin buildroot/share/PlatformIO/scripts/STM32F103RC_fysetc.py.
  {
    board: 'one-key',
    method: 'lines',
    tool: 'stm32flash',
    settings: 'stm32flash -w klipper.bin -v -i rts,-dtr,dtr /dev/ttyUSB0',
  },
  {
    board: 'one-key',
    method: 'lines',
    tool: 'stm32flash',
    settings: 'stm32flash -b 115200 -R -i rts,-dtr,dtr:-dtr,-rts -w a.bin /dev/ttyUSB0',
  },
  // RIOT-OS/RIOT makefiles/boards/stm32.inc.mk: wires straight at the pins, RST at DTR and BOOT0 at RTS.
  {
    board: 'direct',
    method: 'lines',
    tool: 'stm32flash',
    settings: "stm32flash -i '-rts,dtr,-dtr:rts,dtr,-dtr' -v -b 57600 -w a.bin /dev/ttyUSB0",
  },
  // florisla/stm32loader, README: DTR at RESET, RTS at BOOT0; and swapped with an inverter at BOOT0.
  {
    board: 'direct',
    method: 'lines',
    tool: 'stm32loader',
    settings: 'stm32loader -p /dev/cu.usbserial-0001 -ewv bb.out',
  },
  {
    board: 'two-line',
    method: 'lines',
    tool: 'stm32loader',
    settings: 'stm32loader -s -B -p /dev/ttyUSB0 -e -w -v a.bin',
  },
  // The touch of Klipper's scripts/flash_usb.py, on a board whose firmware runs.
  {
    board: 'klipper',
    method: 'soft-jump',
    tool: 'klipper',
    settings: 'make flash FLASH_DEVICE=/dev/serial/by-id/usb-Klipper_stm32f407xx_38FF-if00',
    runs: true,
  },
  // espressif/esptool, classic reset.
  {
    board: 'cross-coupled',
    method: 'rc-cap',
    tool: 'esptool',
    settings: 'esptool.py --port /dev/ttyUSB0 --before default_reset --after hard_reset flash_id',
  },
  { board: 'cross-coupled', method: 'rc-cap', tool: 'esptool', settings: 'D0|R1|W0.1|D1|R0|W0.05|D0' },
] as const;

describe('the profile of what another tool is told gets into the ROM of that board', () => {
  test.each(boards)('$board by $tool: $settings', async ({ board, method, tool, settings, ...more }) => {
    const profile = await imported('mine', '--from', tool, settings);
    for (const scenario of 'runs' in more ? ['healthy'] : ['crashed', 'healthy']) {
      const bench = createSimBench({ profile: builtInProfile(board)!, scenario });
      const run = await runCommand(['recover', firmware, '--profile', profile, '--simulate', scenario, '--json'], {
        bench,
      });
      expect(run.result).toMatchObject({ ok: true, method, verified: true });
      if ('runs' in more) continue; // no line is moved
      expect(run.truth.some((event) => event.what === 'boot0-sampled' && event.boots === 'rom')).toBe(true);
      expect(linesAtEnd(run)).toEqual({ rts: 'released', dtr: 'released' });
    }
  });

  test('mmdvm-hs-hat by stm32flash: GPIO of the host', async () => {
    // MMDVM_HS scripts/install_fw_hshat.sh@0256d3c.
    const settings = 'sudo stm32flash -v -w bin/mmdvm_f1.bin -g 0x0 -R -i 20,-21,21:-20,21 /dev/ttyAMA0';
    const profile = await imported('hat', '--from', 'stm32flash', settings);
    const bench = createSimBench({ profile: builtInProfile('mmdvm-hs-hat')!, scenario: 'crashed' });
    const run = await runCommand(['enter', '--profile', profile, '--simulate', 'crashed', '--json'], { bench });
    expect(run.result).toMatchObject({ ok: true, method: 'lines' });
    expect(run.truth.find(({ what }) => what === 'boot0-sampled')).toMatchObject({ boots: 'rom' });
  });

  test('one-key by a platformio.ini that uploads with stm32flash', async () => {
    writeFileSync(
      join(folder, 'platformio.ini'),
      '[env:a]\nplatform = ststm32\nboard = genericSTM32F407VET6\nupload_protocol = serial\nupload_flags =\n  -R\n  -i\n  -dtr,rts,dtr:-rts\n',
    );
    const profile = await imported('pio', '--from', 'platformio', 'platformio.ini');
    const bench = createSimBench({ profile: builtInProfile('one-key')!, scenario: 'crashed' });
    const run = await runCommand(['recover', firmware, '--profile', profile, '--simulate', 'crashed', '--json'], {
      bench,
    });
    expect(run.result).toMatchObject({ ok: true, method: 'lines', verified: true });
  });

  test('katapult over an adapter: the ROM that a person has started is reached over its USART', async () => {
    const profile = await imported(
      'kat',
      '--from',
      'katapult',
      'flashtool.py -d /dev/ttyUSB0 -b 250000 -f klipper.bin',
    );
    const argv = ['enter', '--profile', profile, '--simulate', 'already-usart', '--json'];
    expect((await runCommand(argv)).result).toMatchObject({ ok: true, bootloader: 'usart' });
  });

  test('a one-key board is not reached with the circuit of esptool: its resets start the application', async () => {
    const profile = await imported('esp', '--from', 'esptool', '--', '--before', 'default-reset');
    const bench = createSimBench({ profile: builtInProfile('one-key')!, scenario: 'healthy' });
    const run = await runCommand(['enter', '--profile', profile, '--simulate', 'healthy', '--json'], { bench });
    expect(run.result).toMatchObject({ ok: false });
    expect(run.truth.some((event) => event.what === 'boot0-sampled' && event.boots === 'rom')).toBe(false);
  });
});

test('each line says where it comes from', async () => {
  const file = await imported(
    'commented',
    '--from',
    'stm32flash',
    '--family',
    'F103_md',
    'stm32flash -b 115200 -i 5,-4,4 /dev/ttyAMA0',
  );
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^target: \{ family: F103_md \} # from --family$/m);
  expect(text).toMatch(
    /^# from -i 5,-4,4: [^\n]*\n# [^\n]*\nwiring:\n {2}nrst: \{ line: gpio, chip: gpiochip0, offset: 4, asserted: 0 \}$/m,
  );
  expect(text).toMatch(/^usart: \{ connected: true, baudRate: 115200 \} # .*rate from -b 115200$/m);
  expect(text).toMatch(/^nrst: \{ pulse: 100ms \} # from -i 5,-4,4/m);
});
