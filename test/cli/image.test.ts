import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseImageArgument } from '../../src/image/image-argument.ts';
import { parseImage } from '../../src/image/load-image.ts';
import { jsonLines, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { dfuseFile, fixture, fixturePath, runsOf, stDfuFile, suffixed, uf2File } from '../helpers/image-files.ts';

import { autopilotPackage, mcubootImage, zipFile } from '../helpers/packed-files.ts';

const hex = fixturePath('blink-f405.hex');
const elf = fixturePath('blink-f405.elf');
const bin = fixturePath('blink-f405.bin');
/** Of the 33 700 bytes of the fixture, gap left out (test/unit/load-image.test.ts). */
const sha256 = parseImage(fixture('blink-f405.hex'), 'a').sha256;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-cli-image-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const image = (...argv: readonly string[]) => runCli(['image', ...argv], { cwd: folder, openBench: untouchableBench });
const put = (name: string, bytes: Uint8Array | string) => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const read = (name: string) => readFileSync(join(folder, name));

describe('image info', () => {
  test('names format, hash, entry, vectors, and draws the runs and what would be erased', async () => {
    const { status, stdout } = await image('info', elf, '--target', 'F405_407');
    expect(status).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`${elf}: ELF, 33,700 bytes in 2 runs`);
    expect(stdout).toContain(`sha256      ${sha256}`);
    expect(stdout).toContain('entry       0x0800_018D');
    expect(stdout).toContain('vectors     stack 0x2002_0000, reset 0x0800_018D');
    expect(stdout).toMatch(/may be {6}firmware for .*F405_407/);
    expect(lines.slice(7)).toEqual([
      `0x0800_0000 ├${'█'.repeat(32)}  33,668 bytes (offset 0x1000)`,
      '0x0800_8383 ┘',
      '            ┊ 15,484 bytes left alone',
      `0x0800_C000 ├█${' '.repeat(31)}  32 bytes (offset 0xb000)`,
      '0x0800_C01F ┘',
      '',
      'On @Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg:',
      `0x0800_0000  2 × 16 KB       │${'█'.repeat(32)}│ 100 %  erased, then written`,
      `0x0800_8000  16 KB           │█▒${' '.repeat(30)}│   5 %  erased, then written`,
      `0x0800_C000  16 KB           │▒${' '.repeat(31)}│  <1 %  erased, then written`,
      '0x0801_0000  8 sectors       left alone',
      '',
      'Erased are 4 of 12 sectors, 65,536 bytes; 31,836 bytes of that are beside the image: `--keep` keeps them. 8 sectors are left alone.',
      '',
    ]);
  });

  test('where in its sector the image lies; colours on a terminal only', async () => {
    put('end.bin', Buffer.alloc(1024, 1));
    const argv = ['image', 'info', 'end.bin@0x08003C00', '--layout', '@Internal Flash /0x08000000/01*016Kg,01*001Kg'];
    const { stdout } = await runCli(argv, { cwd: folder });
    expect(stdout).toContain(
      `0x0800_0000  16 KB           │${' '.repeat(30)}██│   6 %  erased, then written\n0x0800_4000  1 KB            left alone\n`,
    );
    expect(stdout).toContain('Erased are 1 of 2 sectors, 16,384 bytes; 15,360 bytes of that are beside the image');
    expect(stdout).toContain('1 sector is left alone.');
    expect(stdout).not.toContain('\u001b');
    const terminal = await runCli(argv, { cwd: folder, isTTY: true });
    expect(terminal.stdout).toContain('\u001b[33merased, then written\u001b[39m');
    const [facts] = jsonLines((await runCli([...argv, '--json'], { cwd: folder })).stdout);
    expect(facts).toMatchObject({
      sectors: [{ address: 0x0800_0000, bytes: 16_384, imageBytes: 1024 }],
      besideBytes: 15_360,
      sectorsLeft: 1,
    });
    put('whole.bin', Buffer.alloc(17 * 1024, 1));
    const whole = await runCli(['image', 'info', 'whole.bin@0x08000000', ...argv.slice(3)], { cwd: folder });
    expect(whole.stdout).toContain(
      'Erased are 2 of 2 sectors, 17,408 bytes; the image fills them. 0 sectors are left alone.',
    );
  });

  test('the same as JSON, of a packed file, with a layout', async () => {
    const { stdout } = await image('info', hex, '--json', '--layout', '@Internal Flash /0x08000000/512*2Kg');
    const [facts, result] = jsonLines(stdout);
    expect(facts).toMatchObject({
      event: 'image',
      format: 'intel-hex',
      bytes: 33_700,
      sha256,
      crc32: '339abdd9', // zlib's CRC-32 of the same bytes, by python3 -c 'import zlib'
      entry: 0x0800_018d,
      vectorTable: { stackPointer: 0x2002_0000, resetVector: 0x0800_018d },
      segments: [
        { address: 0x0800_0000, bytes: 33_668, origin: 'line 2' },
        { address: 0x0800_c000, bytes: 32, origin: 'line 2107' },
      ],
    });
    expect((facts!.sectors as unknown[]).length).toBe(18); // 17 pages of 2 KiB for 33 668 bytes, and one at 0xC000
    expect(result).toMatchObject({ event: 'result', ok: true, image: { bytes: 33_700, sha256 } });
  });

  test('what a file says of itself: suffix, family, alternates, notes, and a table that would not start', async () => {
    put('s.bin', suffixed(Buffer.alloc(16, 0xff), { vendor: 0x1209, product: 0xffff, device: 0x0203 }));
    put('o.dfu', dfuseFile([{ alternate: 1, name: 'Option Bytes', elements: [[0x1fff_c000, [1, 2]]] }]));
    put('r.uf2', uf2File([{ address: 0x1000_0000, data: [1], family: 0xe48b_ff56 }]));
    const suffix = (await image('info', 's.bin', '--address', '0x08000000')).stdout;
    expect(suffix).toContain('made for    USB device 1209:*, release 0203');
    expect(suffix).toContain(
      'vectors     will not start: s.bin at 0x0800_0000: 0xFFFF_FFFF 0xFFFF_FFFF: the vector table is erased',
    );
    expect((await image('info', 'o.dfu')).stdout).toContain(
      'also        2 bytes for alternate setting 1 "Option Bytes"',
    );
    expect((await image('info', 'r.uf2')).stdout).toContain('family      RP2040 (0xE48BFF56)');
  });

  test('the header of a signed image, and what a file was packed in', async () => {
    const signed = mcubootImage(fixture('blink-f405.bin').subarray(0, 2000), { version: [1, 2, 3, 4] });
    put('signed.zip', zipFile([{ name: 'zephyr.signed.bin', data: signed }]));
    const { stdout } = await image('info', 'signed.zip@0x08020000');
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      `signed.zip: zephyr.signed.bin: raw binary, packed with zip, ${signed.length.toLocaleString('en')} bytes in 1 run`,
    );
    expect(lines.slice(3, 6)).toEqual([
      '  signed      MCUboot image at 0x0802_0000, version 1.2.3+4',
      '              header 512 bytes, image 2,000 bytes',
      '              hash: SHA-256 right; signature: ECDSA',
    ]);
    const [json] = jsonLines((await image('info', 'signed.zip@0x08020000', '--json')).stdout);
    expect(json).toMatchObject({
      compression: 'zip',
      signed: [{ kind: 'MCUboot', address: 0x0802_0000, version: '1.2.3+4', hash: 'SHA-256 right' }],
    });
    put('a.apj', autopilotPackage(fixture('blink-f405.bin')));
    expect((await image('info', 'a.apj@0x08004000')).stdout).toContain(
      'a.apj: raw binary, in a package of ArduPilot, 49,184 bytes in 1 run',
    );
    expect((await image('verify', 'a.apj')).stderr).toContain('[image-address-required]');
  });

  test('refuses a layout that does not take the image, and a line that there is not', async () => {
    const small = await image('info', hex, '--layout', '@Internal Flash /0x08000000/1*16Kg');
    expect([small.status, small.stderr]).toEqual([2, expect.stringContaining('[image-out-of-range]')]);
    const unknown = await image('info', hex, '--target', 'F405');
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean "F405_407"?')]);
  });
});

describe('image convert and merge', () => {
  test.each(['srec', 's19', 'dfu', 'hex', 'bin', 'uf2'])('to %s and back: the same firmware', async (ending) => {
    const { status, stdout } = await image('convert', elf, '-o', `out.${ending}`);
    const place = 'starts at 0x0800_0000, which the file does not say: out.bin@0x08000000\n';
    const written = `out.${ending}: 33,700 bytes in 2 runs, sha256 ${sha256}\n`;
    expect([status, stdout]).toEqual([0, ending === 'bin' ? `${written}${place}` : written]);
    const source = ending === 'bin' ? 'out.bin@0x08000000' : `out.${ending}`;
    await image('convert', source, '-o', 'again.bin');
    const flat = fixture('blink-f405.bin');
    expect(read('again.bin').subarray(0, flat.length).equals(flat)).toBe(true);
  });

  test('UF2 with a family, and a suffix behind a binary', async () => {
    await image('convert', hex, '-o', 'f.uf2', '--family', 'STM32F4');
    expect(parseImage(read('f.uf2'), 'a').uf2Family).toBe(0x5775_5a57);
    await image('convert', hex, '-o', 'f.bin', '--dfu-suffix', '1209:0001');
    expect(read('f.bin').equals(Buffer.from(suffixed(fixture('blink-f405.bin'), { vendor: 0x1209, product: 1 })))).toBe(
      true,
    );
    await image('convert', hex, '-o', 'g.bin', '--dfu-suffix');
    expect(read('g.bin').equals(Buffer.from(suffixed(fixture('blink-f405.bin'))))).toBe(true);
  });

  test.each(['hex', 'srec', 'bin', 'uf2', 'dfu'])('--dfu-suffix gives a %s file the ids that it says', async (to) => {
    put('st.dfu', stDfuFile([{ alternate: 0, name: 'ST...', elements: [[0x0800_0000, [1, 2, 3, 4]]] }]));
    const suffixOf = async (...ids: readonly string[]) => {
      const { status } = await image('convert', 'st.dfu', '-o', `suffix.${to}`, '--dfu-suffix', ...ids);
      expect(status).toBe(0);
      return parseImage(read(`suffix.${to}`), 'a', to === 'bin' ? { address: 0 } : {}).dfuSuffix;
    };
    const dfuVersion = to === 'dfu' ? 0x011a : 0x0100;
    expect(await suffixOf('1eaf:0003')).toEqual({ vendorId: 0x1eaf, productId: 3, dfuVersion });
    expect(await suffixOf('0483:df11')).toEqual({ vendorId: 0x0483, productId: 0xdf11, dfuVersion });
    expect(await suffixOf()).toEqual({ vendorId: 0x0483, productId: 0xdf11, dfuVersion });
  });

  test('bootloader, application and data as one, and one address twice is refused with both names', async () => {
    put('app.bin', Buffer.from([1, 2, 3, 4]));
    const { status } = await image('merge', hex, 'app.bin@0x0801_0000', '-o', 'all.hex', '--json');
    expect(status).toBe(0);
    expect(runsOf(parseImage(read('all.hex'), 'a'))[2]).toEqual([0x0801_0000, '01020304']);
    const clash = await image('merge', hex, 'app.bin@0x08000000', '-o', 'no.hex');
    expect(clash.stderr).toMatch(
      /0x0800_0000 is 0x00 by .*blink-f405\.hex line 2 and 0x01 by app\.bin offset 0x0 \[image-overlap\]/,
    );
  });

  test('unit data: options and a file, in the hash that is reported', async () => {
    put('unit.txt', '# unit 42\n0x0800FF00=text:SN0042\n');
    const { stdout } = await image(
      'convert',
      hex,
      '--patch',
      '0x0800FF10=u32:7',
      '--patch',
      '0x08000000=00000220',
      '--patch-file',
      'unit.txt',
      '-o',
      'u.hex',
    );
    const patched = parseImage(read('u.hex'), 'a');
    expect(runsOf(patched).slice(2)).toEqual([
      [0x0800_ff00, Buffer.from('SN0042').toString('hex')],
      [0x0800_ff10, '07000000'],
    ]);
    expect(stdout).toContain(patched.sha256);
    expect(patched.sha256).not.toBe(sha256);
  });

  test.each([
    [['convert', hex, '-o', 'out.xyz'], 'usage', '`--to` with one of hex, srec, bin, uf2, dfu'],
    [['convert', hex, '-o', 'out'], 'usage', 'has no ending that names a format'],
    [['convert', hex, '-o', 'no/such/out.hex'], 'image-unwritable', 'cannot be written'],
    [['convert', hex, '-o', 'out.uf2', '--family', 'F4'], 'usage', "no UF2 family 'F4'"],
    [['convert', hex, '-o', 'out.bin', '--dfu-suffix', '0483'], 'usage', 'no pair of USB ids'],
    [['convert', hex, '-o', 'out.hex', '--patch', '0=xyz'], 'image-patch', '--patch 1:'],
    [['convert', hex, '-o', 'out.hex', '--patch-file', 'none.txt'], 'image-unreadable', 'none.txt cannot be read'],
    [['convert', bin, '-o', 'out.hex'], 'image-address-required', 'raw binary of 49184 bytes'],
    [['convert', `${hex}@0x08000000`, '-o', 'out.hex'], 'usage', 'carries its own addresses'],
    [['merge', bin, bin, '--address', '0', '-o', 'out.hex'], 'usage', '--address is for one image'],
    [['convert', hex], 'usage', "required option '-o, --output <path>' not specified"],
  ])('refused: %j', async (argv, code, message) => {
    const { status, stderr } = await image(...argv);
    expect(status).toBe(2);
    expect(stderr).toContain(`[${code}]`);
    expect(stderr).toContain(message);
  });
});

describe('image diff', () => {
  test('the same firmware in two formats, status 0', async () => {
    expect(await image('diff', hex, elf)).toMatchObject({
      status: 0,
      stdout: `${hex} and ${elf} hold the same 33,700 bytes\n`,
    });
  });

  test('other bytes: places in both files, status 7, and image-differs as JSON', async () => {
    await image('convert', hex, '--patch', '0x08000100=0011', '-o', 'changed.hex');
    const { status, stdout } = await image('diff', hex, 'changed.hex');
    expect(status).toBe(7);
    expect(stdout).toMatch(/^0x0800_0100 {2}2 bytes changed \(line 18; line 18\)\n.* differ in 2 bytes\n$/);
    const json = jsonLines((await image('diff', hex, 'changed.hex', '--json')).stdout);
    expect(json[0]).toMatchObject({ event: 'image.difference', kind: 'changed', address: 0x0800_0100, length: 2 });
    expect(json.at(-1)).toMatchObject({ ok: false, exitCode: 7, error: { code: 'image-differs' } });
  });

  test('many places are counted, not listed', async () => {
    put('a.bin', Buffer.alloc(100));
    put(
      'b.bin',
      Buffer.alloc(100).map((_, index) => index % 2),
    );
    const { stdout } = await image('diff', 'a.bin@0', 'b.bin@0');
    expect(stdout.trimEnd().split('\n').slice(20)).toEqual([
      'and 30 more places',
      'a.bin and b.bin differ in 50 bytes',
    ]);
  });
});

describe('image verify', () => {
  test('good for the line of a profile, and of --target', async () => {
    expect((await image('verify', hex, '--profile', 'rc-cap')).status).toBe(0);
    expect((await image('verify', elf, '--target', 'F446')).stdout).toBe(`${elf}: good for STM32F446\n`);
    expect((await image('verify', hex)).stdout).toContain('name it with --target or --profile');
  });

  test('refused as recover would; --force says what it overrides', async () => {
    put('other.hex', suffixed(fixture('blink-f405.hex'), { vendor: 0x1209 }));
    const refused = await image('verify', 'other.hex');
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('[image-wrong-device]')]);
    const forced = await image('verify', 'other.hex', '--force', '--target', 'F405_407');
    expect([forced.status, forced.stdout]).toEqual([
      0,
      '--force overrides image-wrong-device: other.hex was made for the USB device 1209:df11, and the bootloader is 0483:df11\nother.hex: good for STM32F405/407/415/417\n',
    ]);
    const json = jsonLines((await image('verify', 'other.hex', '--force', '--json')).stdout);
    expect(json.map(({ event }) => event)).toEqual(['note', 'result']);
  });

  test("ST's own .dfu file is good as it is, and a job says why", async () => {
    const bytes = [...fixture('blink-f405.bin')];
    put('st.dfu', stDfuFile([{ alternate: 0, name: 'ST...', elements: [[0x0800_0000, bytes]] }]));
    const note = 'its DFU suffix says 0483:0000, which is no device: taken for any product of ST';
    const { status, stdout } = await image('verify', 'st.dfu', '--target', 'F405_407');
    expect([status, stdout.split('\n').slice(1, 3)]).toEqual([
      0,
      [`st.dfu: ${note}`, 'st.dfu: good for STM32F405/407/415/417'],
    ]);
    const job = await runCli(['recover', 'st.dfu', '-p', 'rc-cap', '--simulate'], { cwd: folder });
    expect([job.status, job.stderr]).toEqual([0, expect.stringContaining(`image: ${note}`)]);
  });

  test('the target chooses the part of a UF2 file for several chips', async () => {
    put(
      'both.uf2',
      Buffer.concat([
        uf2File([{ address: 0x1000_0000, data: [1], family: 0xe48b_ff56 }]),
        uf2File([{ address: 0x0800_4000, data: [2], family: 0x5775_5a57 }]),
      ]),
    );
    expect((await image('verify', 'both.uf2', '--target', 'F405_407')).status).toBe(0);
    expect((await image('verify', 'both.uf2')).stderr).toContain('[image-wrong-family]');
  });
});

test.each([
  ['app.bin@0x08008000', { path: 'app.bin', address: 0x0800_8000 }],
  ['a@b.bin@0x0800_8000', { path: 'a@b.bin', address: 0x0800_8000 }],
  ['app.bin@134217728', { path: 'app.bin', address: 0x0800_0000 }],
  ['-@0', { path: '-', address: 0 }],
  ['me@home/app.bin', { path: 'me@home/app.bin' }],
  ['app@0x100000000', { path: 'app@0x100000000' }],
  ['@0x0', { path: '@0x0' }],
])('argument %s', (text, expected) => {
  expect(parseImageArgument(text)).toEqual(expected);
});

describe('recover with several images', () => {
  const job = ['--profile', 'rc-cap', '--dry-run', '--json'];
  test('one plan for all, with patches in the hash', async () => {
    put('data.bin', Buffer.from([1, 2, 3, 4]));
    const { status, stdout } = await runCli(
      ['recover', hex, 'data.bin@0x08010000', '--patch', '0x08010100=AA', ...job],
      { cwd: folder },
    );
    expect(status).toBe(0);
    const plan = jsonLines(stdout).find(({ event }) => event === 'plan.image');
    expect(plan).toMatchObject({ name: `${hex} + data.bin`, bytes: 33_705 });
    expect((plan!.segments as unknown[]).length).toBe(4);
  });

  test('what --force overrides is said, in the plan and in the job', async () => {
    put('odd.bin', Buffer.concat([Buffer.from([0, 0, 0, 0, 9, 0, 0, 8]), Buffer.alloc(64)]));
    const plan = await runCli(['recover', 'odd.bin@0x08000000', '--profile', 'rc-cap', '--dry-run', '--force'], {
      cwd: folder,
    });
    expect(plan.stdout).toContain('--force overrides image-vector-table');
    const run = await runCli(['recover', 'odd.bin@0x08000000', '--profile', 'rc-cap', '--simulate', '--force'], {
      cwd: folder,
    });
    expect(run.stderr).toContain('--force overrides image-vector-table: odd.bin at 0x0800_0000');
  });

  test('a DfuSe file for option bytes is refused before anything moves', async () => {
    put(
      'options.dfu',
      dfuseFile([
        { alternate: 0, elements: [[0x0800_4000, [1]]] },
        { alternate: 1, elements: [[0x1fff_c000, [1]]] },
      ]),
    );
    const { status, stderr } = await runCli(['recover', 'options.dfu', '--profile', 'rc-cap', '--simulate'], {
      cwd: folder,
    });
    expect([status, stderr]).toEqual([2, expect.stringContaining('[image-alternate]')]);
  });
});

test('flash takes several images, each at its address', async () => {
  const { firmware, runCommand } = await import('../helpers/command.ts');
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-several-'));
  const config = join(folder, 'config.bin');
  writeFileSync(config, Uint8Array.of(1, 2, 3, 4));
  const argv = ['flash', firmware, `${config}@0x08010000`, '--profile', 'rc-cap', '--simulate', '--json'];
  const { result, bench } = await runCommand(argv);
  expect(result).toMatchObject({ ok: true, verified: true, image: { bytes: 33_704 } });
  expect([...bench.boards[0].memory.flash.read(0x0801_0000, 4)]).toEqual([1, 2, 3, 4]);
});
