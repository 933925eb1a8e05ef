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
    expect(stderr).toMatch(/^2 assumed, 3 not carried over/);
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
      notCarried: [{ about: '-m 8e1' }],
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
    expect(stdout).toMatch(/^# from custom_reset_sequence D0\|R1\|W0\.1\|D1\|R0\|W0\.5\|D0\nwiring:\n {2}table:$/m);
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
