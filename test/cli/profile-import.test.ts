import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type CliSetup, jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bootctl-import-'));
});

const run = (argv: readonly string[], setup: CliSetup = {}) =>
  runCli(['profile', 'import', ...argv], { cwd, openBench: untouchableBench, ...setup });
/** Comments without their line breaks. */
const flat = (text: string): string => text.replaceAll('\n# ', ' ');
const stm32flash = (...argv: readonly string[]) => run(['--from', 'stm32flash', ...argv]);

const codeOf = (stderr: string): string | undefined => /\[([a-z-]+)\]$/m.exec(stderr)?.[1];

/** micro-nova AmpliPi, preamp_flash.sh. */
const amplipi = 'sudo stm32flash -b 38400 -w preamp_bd.bin -v -R -i 5,-4,4 /dev/ttyAMA0';

describe('profile import', () => {
  test('prints the profile, and what to look at on standard error', async () => {
    const { status, stdout, stderr } = await stm32flash(amplipi);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^# Imported by `bootctl profile import --from stm32flash` from: sudo stm32flash /);
    expect(stdout).toMatch(/^# ASSUMED: GPIO 4 and 5 as 4 and 5 of gpiochip0: /m);
    expect(stdout).toMatch(
      /^# Not carried over: -w preamp_bd\.bin: one of the job, not of the board: `bootctl recover IMAGE`/m,
    );
    expect(stdout).toMatch(/^id: imported$/m);
    expect(stderr).toMatch(/^2 assumed, 4 not carried over/);
  });

  test('takes words as well, and a line from standard input, with the same result', async () => {
    const line = await stm32flash('stm32flash -i 5,-4,4 /dev/ttyAMA0');
    const words = await stm32flash('--', 'stm32flash', '-i', '5,-4,4', '/dev/ttyAMA0');
    const piped = await run(['--from', 'stm32flash', '-'], {
      standardInput: Buffer.from('stm32flash -i 5,-4,4 /dev/ttyAMA0\n'),
    });
    expect(line.status).toBe(0);
    expect(words.stdout).toBe(line.stdout);
    expect(piped.stdout).toBe(line.stdout);
  });

  test('writes a file with its name as id, lists everything, and prints the next command', async () => {
    const { status, stdout } = await stm32flash('--output', 'preamp.yaml', amplipi);
    expect(status).toBe(0);
    expect(readFileSync(join(cwd, 'preamp.yaml'), 'utf8')).toMatch(/^id: preamp$/m);
    expect(readdirSync(cwd)).toEqual(['preamp.yaml']);
    expect(stdout).toMatch(/^Carried over\n {2}wiring: -i 5,-4,4\n {2}nrst: -i 5,-4,4\n {2}usart: -b 38400\n/m);
    expect(stdout).toMatch(/^Assumed: check these$/m);
    expect(stdout).toMatch(/^ {2}-R: bootctl leaves by a reset/m);
    expect(stdout).toMatch(/^Next: bootctl recover --profile \.\/preamp\.yaml --port \/dev\/ttyAMA0 --dry-run$/m);
  });

  test('as JSON has the text, and each list', async () => {
    const { stdout } = await stm32flash(
      '--json',
      '--family',
      'F103_md',
      'stm32flash -m 8e1 -i rts,-dtr,dtr /dev/ttyUSB0',
    );
    const [imported, result] = jsonLines(stdout);
    expect(imported).toMatchObject({
      event: 'profile.imported',
      tool: 'stm32flash',
      id: 'imported',
      path: null,
      carried: [
        { key: 'wiring', from: '-i rts,-dtr,dtr' },
        { key: 'nrst', value: 'nrst: { pulse: 100ms }', from: '-i rts,-dtr,dtr' },
        { key: 'target', value: 'target: { family: F103_md }', from: '--family F103_md' },
      ],
      assumed: [{ about: 'the circuit: one-key' }, { about: "the target's own USB" }],
      notCarried: [{ about: '-m 8e1' }, { about: '/dev/ttyUSB0' }],
    });
    expect(result).toMatchObject({ event: 'result', ok: true, exitCode: 0 });
  });

  test('replaces no file without --force', async () => {
    writeFileSync(join(cwd, 'mine.yaml'), 'mine');
    const refused = await stm32flash('--output', 'mine.yaml', amplipi);
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('is there already') });
    const json = await stm32flash('--json', '--output', 'mine.yaml', amplipi);
    expect(jsonLines(json.stdout)).toMatchObject([{ error: { code: 'profile-exists' } }]);
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toBe('mine');
    expect(await stm32flash('--force', '--output', 'mine.yaml', amplipi)).toMatchObject({ status: 0 });
    expect(readFileSync(join(cwd, 'mine.yaml'), 'utf8')).toMatch(/^id: mine$/m);
  });

  test('says where it cannot write', async () => {
    const { status, stdout, stderr } = await stm32flash('--json', '--output', 'nowhere/mine.yaml', amplipi);
    expect([status, stderr]).toEqual([2, expect.stringContaining('nowhere/mine.yaml cannot be written: ENOENT')]);
    expect(jsonLines(stdout)).toMatchObject([{ event: 'result', error: { code: 'output-unwritable' } }]);
  });

  test.each([
    [['--output', 'mine.txt'], 'does not end in .yaml'],
    [['--output', 'my board.yaml'], "'my board' is no name of a profile"],
    [['--output', 'mine.yaml', '--name', 'other'], '--name other is not the name of the file mine.yaml'],
    [['--family', 'F105_17'], 'did you mean "F105_107"'],
    [['--circuit', 'one-kei'], 'one-key'],
    [['--circuit', 'cross-coupled'], 'does not start the ROM through --circuit cross-coupled'],
  ])('refuses %j', async (argv, message) => {
    const { status, stderr } = await stm32flash(...argv, 'stm32flash -i rts,-dtr,dtr /dev/ttyUSB0');
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stderr).toContain('[usage]');
    expect(existsSync(join(cwd, 'mine.yaml'))).toBe(false);
  });
});

describe('what is not understood is refused with its column and what was expected', () => {
  test.each([
    [
      'stm32flash',
      'stm32flash -i rts,x,dtr /dev/ttyUSB0',
      'column 5 of `rts,x,dtr`: found "x"; expected rts, dtr, brk',
    ],
    [
      'stm32flash',
      'stm32flash -q /dev/ttyUSB0',
      'column 12 of `stm32flash -q /dev/ttyUSB0`: found "-q"; expected an option',
    ],
    [
      'stm32flash',
      'stm32flash -b fast /dev/ttyUSB0',
      'column 12 of `stm32flash -b fast /dev/ttyUSB0`: found "fast"; expected -b',
    ],
    ['stm32flash', 'stm32flash -i', 'column 14 of `stm32flash -i`: found the end; expected a GPIO sequence after -i'],
    [
      'stm32flash',
      'stm32flash rts,-dtr,dtr',
      'column 12 of `stm32flash rts,-dtr,dtr`: found "rts,-dtr,dtr"; expected a device',
    ],
    ['stm32flash', 'stm32flash /dev/ttyUSB0 && reboot', 'column 25 of `stm32flash /dev/ttyUSB0 && reboot`: found "&&"'],
    ['stm32flash', 'dfu-util -l', 'column 1 of `dfu-util -l`: found "dfu-util"; expected stm32flash'],
    ['stm32flash', 'stm32flash -i $gpio_str /dev/ttyUSB0', 'column 1 of `$gpio_str`: found "$"'],
    [
      'stm32loader',
      'stm32loader -p /dev/ttyUSB0 -P odd',
      'column 29 of `stm32loader -p /dev/ttyUSB0 -P odd`: found "odd"; expected even or none',
    ],
    ['stm32flash', `stm32flash -w \${HEX -i rts`, 'expected a variable with its }'],
    ['stm32loader', 'stm32loader --swop-rts-dtr', 'did you mean "--swap-rts-dtr"'],
    [
      'stm32loader',
      'stm32loader -w a.bin b.bin',
      'column 22 of `stm32loader -w a.bin b.bin`: found "b.bin"; expected one file',
    ],
    ['platformio', 'pio run -t upload', 'column 1 of `pio run -t upload`: found "pio"; expected a platformio.ini'],
    ['klipper', 'make flash', 'column 11 of `make flash`: found the end; expected FLASH_DEVICE= and a device'],
    ['klipper', 'make menuconfig', 'column 6 of `make menuconfig`: found "menuconfig"'],
    ['katapult', 'flashtool.py -f klipper.bin', 'found the end; expected -d and a serial device'],
    ['katapult', 'flashtool.py klipper.bin', 'column 14 of `flashtool.py klipper.bin`: found "klipper.bin"'],
    ['esptool', 'D0|R2', 'column 4 of `D0|R2`: found "R2"; expected D0, D1'],
    ['esptool', 'esptool.py --bfore default_reset', 'did you mean "--before"'],
    ['esptool', 'esptool.py /dev/ttyUSB0', 'column 12 of `esptool.py /dev/ttyUSB0`'],
  ])('%s: %s', async (tool, line, message) => {
    const { status, stderr } = await run(['--from', tool, line]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(codeOf(stderr)).toBe('import-not-understood');
  });
});

describe('what was understood and no profile can carry is refused with the reason', () => {
  test.each([
    ['stm32flash', 'stm32flash -i -rts,-dtr,dtr:rts,-dtr,dtr /dev/ttyS0', /NRST is 0 while DTR is released/],
    ['stm32flash', 'stm32flash -i rts,dtr /dev/ttyS0', /through none of the circuits/],
    ['stm32flash', 'stm32flash -a 0x39 /dev/i2c-0', /an I2C bus/],
    ['stm32loader', 'stm32loader -R -p /dev/ttyUSB0', /-R works only where NRST is 0 while DTR is released/],
    // c0psrul3/Ender-3-S1-Klipper-BTT-SKR-mini-E3-v3 KLIPPER_FIRMWARE_UPDATE_ALL.md.
    [
      'katapult',
      './flash_can.py -i can0 -f ~/klipper/out/klipper.bin -u 1d8516137409',
      /-u 1d8516137409: the board is on a CAN bus/,
    ],
    ['katapult', 'flash_can.py -i can0 -q', /-i can0: the board is on a CAN bus/],
    ['klipper', 'make flash FLASH_DEVICE=2e8a:0003', /an RP2040, and not the ROM/],
    ['klipper', 'make flash FLASH_DEVICE=1eaf:0003', /Maple.* bootloader, and not the ROM/],
    ['klipper', 'flash_usb.py -t lpc1769 -d /dev/ttyACM0 out/klipper.bin', /lpc1769 is no STM32/],
    [
      'klipper',
      'flash_usb.py -t stm32f407xx -d /dev/ttyACM0 -s 0x9000000 a.bin',
      /the flash of STM32F405\/407\/415\/417 is/,
    ],
    ['esptool', 'esptool.py --before usb_reset', /own USB/],
  ])('%s: %s', async (tool, line, message) => {
    const { status, stderr } = await run(['--from', tool, line]);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(codeOf(stderr)).toBe('import-not-possible');
  });
});

describe('stm32flash', () => {
  test('without -i a person starts the ROM', async () => {
    const { stdout } = await stm32flash('stm32flash -b 57600 /dev/ttyUSB0');
    expect(stdout).toMatch(/^methods: \[manual\] # without -i nothing moves NRST and BOOT0/m);
  });

  test('a GPIO alone resets, and a person holds BOOT0', async () => {
    // A script of a Klipper host: BOOT0 is another GPIO, which the script sets by itself.
    const { stdout } = await stm32flash('stm32flash -i -196,196 /dev/ttyS1');
    expect(stdout).toMatch(
      /^ {2}nrst: \{ line: gpio, chip: gpiochip0, offset: 196, asserted: 0 \}\n {2}boot0: \{ line: none \}$/m,
    );
    expect(stdout).toMatch(/^methods: \[manual\]/m);
  });

  test('numbers from 512 on count from there, and the options say otherwise', async () => {
    expect((await stm32flash('stm32flash -i 532,-533,533 /dev/ttyAMA0')).stdout).toMatch(/offset: 21, asserted: 0/);
    const { stdout } = await stm32flash(
      '--gpio-chip',
      'pinctrl-rp1',
      '--gpio-base',
      '569',
      'stm32flash -i 589,-590,590 /dev/ttyAMA0',
    );
    expect(stdout).toMatch(/chip: pinctrl-rp1, offset: 21, asserted: 0/);
    expect(stdout).not.toMatch(/ASSUMED: GPIO/);
  });

  test('BOOT1 and a break are named as what a profile does not carry', async () => {
    const { stdout } = await stm32flash('stm32flash -i 4,-5,brk,-3,3:-4,-3,3 /dev/ttyS0');
    expect(stdout).toMatch(/Not carried over: 5 in -i .*BOOT1/);
    expect(stdout).toMatch(/Not carried over: brk in -i /);
  });

  test('where several circuits fit, one is taken and the others are named; --circuit takes another', async () => {
    // Talw3g/linear_act_controller, software/upload.sh.
    const line = 'stm32flash -b115200 -w $HEX -i "rts&-dtr,,-rts&dtr,," -v -g 0 /dev/ttyUSB0';
    const first = await stm32flash(line);
    expect(flat(first.stdout)).toMatch(
      /ASSUMED: the circuit: cross-coupled: .* own-lines \(NRST on RTS, BOOT0 on DTR\) as/,
    );
    const second = await stm32flash('--circuit', 'own-lines', line);
    expect(second.stdout).toMatch(/^ {2}nrst: \{ line: rts, asserted: 0 \}\n {2}boot0: \{ line: dtr, asserted: 1 \}$/m);
  });

  test('wires straight at the pins start the ROM at power-up, which is said', async () => {
    const { stdout, stderr } = await stm32flash("stm32flash -i '-rts,dtr,-dtr:rts,dtr,-dtr' /dev/ttyUSB0");
    expect(stdout).toMatch(/^ {2}idleEntersBootloader: accepted$/m);
    expect(stdout).toMatch(/ASSUMED: idleEntersBootloader: accepted: BOOT0 is 1 while the port is closed/);
    expect(stderr).toMatch(/^2 assumed/);
  });
});

describe('esptool', () => {
  test('reads an esptool.cfg', async () => {
    // docs/en/esptool/configuration-file.rst, the sample file.
    writeFileSync(
      join(cwd, 'esptool.cfg'),
      '# esptool.cfg file\n[esptool]\nreset_delay = 0.75\ncustom_reset_sequence = D0|R1|W0.1|D1|R0|W0.5|D0\n',
    );
    const { status, stdout } = await run(['--from', 'esptool', 'esptool.cfg']);
    expect(status).toBe(0);
    expect(flat(stdout)).toMatch(
      / from custom_reset_sequence D0\|R1\|W0\.1\|D1\|R0\|W0\.5\|D0: D1 and R1 assert .*\nwiring:\n {2}table:\n/,
    );
    expect(stdout).toMatch(/Not carried over: reset_delay = 0\.75/);
  });

  test('a file that is not there, and one of something else', async () => {
    expect((await run(['--from', 'esptool', 'no.cfg'])).stderr).toMatch(/no\.cfg cannot be read: ENOENT.*\[usage\]/);
    writeFileSync(join(cwd, 'tox.ini'), '[tox]\nenvlist = py3\n');
    expect((await run(['--from', 'esptool', 'tox.ini'])).stderr).toMatch(/\[esptool\].*\[import-not-understood\]/);
  });

  test('the parts of the capacitor are marked as assumed, and no_reset leaves it to a person', async () => {
    const crossed = await run([
      '--from',
      'esptool',
      'esptool.py -p /dev/ttyUSB0 -b 921600 --chip esp32 --after no_reset flash_id',
    ]);
    expect(crossed.stdout).toMatch(/ASSUMED: parts of the built-in profile cross-coupled/);
    expect(crossed.stdout).toMatch(/Not carried over: --chip esp32: of an ESP chip/);
    expect(crossed.stdout).toMatch(/Not carried over: --after no_reset/);
    const { stdout } = await run(['--from', 'esptool', '--', '--before', 'no-reset']);
    expect(stdout).toMatch(/^methods: \[manual\] # from --before no-reset/m);
  });
});

describe('stm32loader', () => {
  const stm32loader = (line: string) => run(['--from', 'stm32loader', line]);

  test.each([
    // derzforth Makefile, and others: DTR at RESET and RTS at BOOT0 (README, "Electrically"); both are LOW while asserted.
    ['stm32loader -p /dev/cu.usbserial-0001 -ewv bb.out', '{ line: dtr, asserted: 0 }', '{ line: rts, asserted: 0 }'],
    ['stm32loader -s -p COM3', '{ line: rts, asserted: 0 }', '{ line: dtr, asserted: 0 }'],
    ['stm32loader -B -p COM3', '{ line: dtr, asserted: 0 }', '{ line: rts, asserted: 1 }'],
    [
      'stm32loader --swap-rts-dtr --boot0-active-low --port COM3',
      '{ line: rts, asserted: 0 }',
      '{ line: dtr, asserted: 1 }',
    ],
  ])('%s', async (line, nrst, boot0) => {
    const { status, stdout } = await stm32loader(line);
    expect(status).toBe(0);
    expect(stdout).toContain(`  nrst: ${nrst}\n  boot0: ${boot0}\n`);
    expect(stdout).toMatch(/^nrst: \{ pulse: 100ms \}/m);
  });

  test('the adapter by the name of its port, the rate, and what is not carried', async () => {
    const port = '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A9QXPRV7-if00-port0';
    const { stdout } = await stm32loader(`python3 -m stm32loader -p ${port} -b 57600 -f F1 -P none -e -w -v relay.bin`);
    expect(stdout).toContain('adapter: { serialNumber: "A9QXPRV7" }');
    expect(stdout).toMatch(/^usart: \{ connected: true, baudRate: 57600 \}/m);
    expect(flat(stdout)).toMatch(/ASSUMED: the serial number A9QXPRV7/);
    expect(flat(stdout)).toMatch(/Not carried over: -f F1: .*`--family`/);
    expect(flat(stdout)).toMatch(/Not carried over: -P none: no parity is for a BlueNRG/);
    expect(stdout).not.toMatch(/which port it is depends/);
  });
});

describe('platformio', () => {
  const ini = (text: string) => {
    writeFileSync(join(cwd, 'platformio.ini'), text);
    return 'platformio.ini';
  };
  const platformio = (text: string, ...argv: readonly string[]) => run(['--from', 'platformio', ini(text), ...argv]);
  const serial = `; a comment
[platformio]
default_envs = mini
[env]
platform = ststm32@^17
upload_port = COM6   ; the board
[common]
flags = -i
[base]
upload_protocol = serial
upload_flags =
    -R
    \${common.flags}
    -dtr,rts,dtr:-rts    # a line that goes on
[env:mini]
extends = base
board = genericSTM32F103RC
monitor_dtr = 1
extra_scripts = post:upload.py
[env:other]
board = nucleo_f401re
upload_protocol = stlink
`;

  test('an environment with what it extends; its lines that go on; its board as the line of the target', async () => {
    const { status, stdout } = await platformio(serial);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^description: ['"]?Imported from \[env:mini\] of a platformio\.ini/m);
    expect(stdout).toMatch(/^target: \{ family: F103_hd \} # from board = genericSTM32F103RC$/m);
    expect(flat(stdout)).toMatch(
      / from -i -dtr,rts,dtr:-rts: rts and dtr assert the line, which is LOW .*\nwiring:\n {2}table:\n/,
    );
    expect(stdout).toMatch(/rts asserted, dtr released: \{ boot0: 1, nrst: 0 \}/);
    expect(flat(stdout)).toMatch(/Not carried over: extra_scripts = post:upload\.py: a script may replace the upload/);
    expect(flat(stdout)).toMatch(/Not carried over: monitor_dtr: they say how genericSTM32F103RC is built/);
    expect(flat(stdout)).toMatch(/Not carried over: COM6: which port/);
  });

  test('from standard input', async () => {
    const piped = await run(['--from', 'platformio', '-'], { standardInput: Buffer.from(serial) });
    expect(piped).toMatchObject({ status: 0, stdout: expect.stringContaining('from: standard input') });
  });

  test('a command of its own, as scripts of Marlin have it', async () => {
    // MarlinFirmware/Marlin buildroot/share/PlatformIO/scripts/STM32F103RC_fysetc.py.
    const { stdout } = await platformio(
      '[env:a]\nplatform = ststm32\nboard = genericSTM32F103RC\nupload_protocol = custom\n' +
        'upload_command = stm32flash -v -i rts,-dtr,dtr -R -b 115200 -g 0x8000000 -w "$SOURCE" $UPLOAD_PORT\n',
    );
    expect(flat(stdout)).toMatch(/ from -i rts,-dtr,dtr: rts and dtr .*\nwiring:\n {2}table:\n/);
  });

  test('dfu is a person who starts the ROM', async () => {
    const { stdout } = await platformio('[env:a]\nplatform = ststm32\nboard = disco_f407vg\nupload_protocol = dfu\n');
    expect(stdout).toMatch(/^target: \{ family: F405_407 \}/m);
    expect(stdout).toMatch(/^methods: \[manual\] # from upload_protocol = dfu/m);
  });

  test.each([
    ['upload_protocol = stlink', /stlink is a debug probe/, 'import-not-possible'],
    ['framework = arduino', /no upload_protocol/, 'import-not-possible'],
    [
      'board = bluepill_f103c8\nupload_protocol = dfu',
      /has no USB DFU, so this is a bootloader in the flash/,
      'import-not-possible',
    ],
    ['upload_protocol = custom\nupload_command = avrdude', /avrdude is of a program/, 'import-not-possible'],
    ['upload_protocol = serail', /column 19 of `upload_protocol = serail`: found "serail"/, 'import-not-understood'],
    ['upload_protocol = serial\nupload_flags = -i rts,x', /column 5 of `rts,x`/, 'import-not-understood'],
  ])('%s', async (lines, message, code) => {
    const { status, stderr } = await platformio(`[env:a]\nplatform = ststm32\n${lines}\n`);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(codeOf(stderr)).toBe(code);
  });

  test('another platform, no environment, and one of several', async () => {
    expect((await platformio('[env:a]\nplatform = espressif32\n')).stderr).toMatch(
      /column 12 of `platform = espressif32`.*ststm32/,
    );
    expect((await platformio('[env]\nboard = x\n')).stderr).toMatch(/found "no \[env:…\]"/);
    const several = '[env:a]\nupload_protocol = dfu\n[env:b]\nupload_protocol = dfu\n';
    expect((await platformio(several)).stderr).toMatch(/one of them by `--environment`: a, b/);
    expect((await platformio(several, '--environment', 'b')).stdout).toMatch(/\[env:b\]/);
  });
});

describe('klipper', () => {
  const klipper = (...argv: readonly string[]) => run(['--from', 'klipper', ...argv]);

  test('a board on its own USB, by the name that Klipper gives its port', async () => {
    // c0psrul3/Ender-3-S1-Klipper-BTT-SKR-mini-E3-v3 KLIPPER_FIRMWARE_UPDATE_ALL.md.
    const { stdout } = await klipper(
      'make flash FLASH_DEVICE=/dev/serial/by-id/usb-Klipper_stm32g0b1xx_1600120012504B5735313920-if00',
    );
    expect(stdout).toMatch(/^target: \{ family: G0B1_0C1 \}/m);
    expect(stdout).toMatch(/^methods: \[soft-jump, manual\]$/m);
    expect(stdout).toMatch(/^ {2}- \{ trigger: klipper, via: target \}$/m);
    expect(stdout).toMatch(/^application: \{ expect: usb, vendorId: "1d50", productId: "614e", timeout: 10s \}$/m);
  });

  test('an F103 has the same name whatever its flash: no line is taken from it', async () => {
    const { stdout } = await klipper(
      'make flash FLASH_DEVICE=/dev/serial/by-id/usb-Klipper_stm32f103xe_38FFD1053033-if00',
    );
    expect(stdout).not.toMatch(/^target/m);
    expect(flat(stdout)).toMatch(/Klipper calls every STM32F103 so, whatever its flash; `--family F103_md`/);
  });

  test('flash_usb.py with the start of the application, behind a bootloader', async () => {
    const { stdout } = await klipper(
      'scripts/flash_usb.py -t stm32f446xx -d /dev/ttyACM0 -s 0x8008000 out/klipper.bin',
    );
    expect(stdout).toMatch(
      /^target: \{ family: F446, applicationStart: 0x08008000 \} # from -t stm32f446xx; -s 0x8008000$/m,
    );
    expect(flat(stdout)).toMatch(/the request to Klipper starts it and not the ROM/);
  });

  test('on an adapter: the request over its USART', async () => {
    const { stdout } = await klipper('make serialflash FLASH_DEVICE=/dev/ttyUSB0');
    expect(stdout).toMatch(/^ {2}- \{ trigger: klipper, via: adapter, baudRate: 250000 \}$/m);
    expect(stdout).toMatch(/^usart: \{ connected: true \}/m);
  });

  test('the ROM on USB: a person has started it', async () => {
    expect((await klipper('make flash FLASH_DEVICE=0483:df11')).stdout).toMatch(
      /^methods: \[manual\] # from FLASH_DEVICE=0483:df11/m,
    );
  });

  test('the .config of a build, for USB, for a USART, and for CAN', async () => {
    const config = (text: string) => {
      writeFileSync(join(cwd, '.config'), `# Kconfig\nCONFIG_MCU="stm32f407xx"\n${text}`);
      return klipper('.config');
    };
    const usb = await config(
      'CONFIG_USBSERIAL=y\nCONFIG_FLASH_APPLICATION_ADDRESS=0x8008000\nCONFIG_USB_VENDOR_ID=0x1d50\nCONFIG_USB_DEVICE_ID=0x614E\n',
    );
    expect(usb.stdout).toMatch(/^target: \{ family: F405_407, applicationStart: 0x08008000 \}/m);
    expect(usb.stdout).toMatch(/productId: "614e"/);
    const usart = await config('CONFIG_SERIAL=y\nCONFIG_SERIAL_BAUD=115200\n');
    expect(usart.stdout).toMatch(/- \{ trigger: klipper, via: adapter, baudRate: 115200 \}/);
    expect(await config('CONFIG_CANSERIAL=y\n')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('CAN bus'),
    });
    const wrong = await config('CONFIG_SERIAL=y\nCONFIG_SERIAL_BAUD=fast\n');
    expect(wrong.stderr).toMatch(/column 20 of `CONFIG_SERIAL_BAUD=fast`: found "fast"; expected a number from 300/);
    writeFileSync(join(cwd, '.config'), 'nothing=1\n');
    expect((await klipper('.config')).stderr).toMatch(/with CONFIG_MCU/);
  });
});

describe('katapult', () => {
  const katapult = (line: string) => run(['--from', 'katapult', line]);

  test('over an adapter: the ROM by hand, since the request starts Katapult', async () => {
    // JohnBaumb/KlipperFleet issue 6.
    const port = '/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0';
    const { stdout } = await katapult(`~/katapult/scripts/flashtool.py -d ${port} -b 500000 -r`);
    expect(stdout).toMatch(/^adapter: \{ serialNumber: "0001" \}$/m);
    expect(stdout).toMatch(/^usart: \{ connected: true \}$/m);
    expect(stdout).toMatch(/^methods: \[manual\] # a request to the firmware starts Katapult/m);
    expect(flat(stdout)).toMatch(/Not carried over: -b 500000: the rate of Katapult/);
    expect(flat(stdout)).toMatch(/Not carried over: -r: the request starts Katapult/);
    expect(flat(stdout)).toMatch(/applicationStart: 0x08002000/);
  });

  test('over the own USB of the board, by the name of its port; and the .config of a build', async () => {
    // Arksine/katapult issue 153.
    const { stdout } = await katapult(
      './flashtool.py -d /dev/serial/by-id/usb-Klipper_stm32h723xx_37002C000551323532363237-if00 -r',
    );
    expect(stdout).toMatch(/^target: \{ family: H72x_73x \}/m);
    writeFileSync(join(cwd, '.config'), 'CONFIG_MCU="stm32f446xx"\nCONFIG_USBSERIAL=y\n');
    const build = await katapult('.config');
    expect(build.stdout).toMatch(/^target: \{ family: F446 \}/m);
    expect(build.stdout).not.toMatch(/softJump/);
  });
});
