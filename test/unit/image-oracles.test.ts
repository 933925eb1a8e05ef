import { describe, expect, type TestContext, test } from 'vitest';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { withDfuSuffix } from '../../src/image/formats/dfu-suffix.ts';
import { writeImage, writerFor } from '../../src/image/write-image.ts';
import { elfKinds, linkedElf } from '../helpers/elf-files.ts';
import { fixture, fixturePath, parse, refusalOf, runsOf } from '../helpers/image-files.ts';
import { type ImageTool, missingTool, runsByNrf, withTools } from '../helpers/image-tools.ts';

const needs = (context: TestContext, ...tools: readonly ImageTool[]) => {
  const reason = missingTool(...tools);
  if (reason) context.skip(reason);
};

/** Records by hand; nothing of the product takes part. */
const hexLine = (type: number, offset: number, data: readonly number[]) => {
  const bytes = [data.length, offset >> 8, offset & 0xff, type, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return `:${Buffer.from([...bytes, -sum & 0xff])
    .toString('hex')
    .toUpperCase()}\n`;
};
const sLine = (type: number, width: number, address: number, data: readonly number[]) => {
  const place = Array.from({ length: width }, (_, index) => Math.floor(address / 256 ** (width - 1 - index)) % 256);
  const bytes = [width + data.length + 1, ...place, ...data];
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  return `S${type}${Buffer.from([...bytes, ~sum & 0xff])
    .toString('hex')
    .toUpperCase()}\n`;
};
/** The same on every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}
const random = numbers(4711);
const next = (below: number) => random.next().value % below;
const dataOf = (length: number) => Array.from({ length }, () => next(256));

const flash = hexLine(4, 0, [0x08, 0x00]);
const end = ':00000001FF\n';
const oneByteRecords = Array.from({ length: 300 }, (_, index) => ({ at: (index * 7919) % 4001, byte: [next(256)] }));

const hexFiles: Readonly<Record<string, string>> = {
  'the fixture': fixture('blink-f405.hex').toString('latin1'),
  'linear, on past 64 KiB in one record': `${flash}${hexLine(0, 0xfffe, [1, 2, 3, 4])}${end}`,
  'linear, base changed in the middle': `${flash}${hexLine(0, 0xfff0, dataOf(16))}${hexLine(4, 0, [8, 1])}${hexLine(0, 0, dataOf(16))}${end}`,
  'segment addresses that overlap': `${hexLine(2, 0, [0x12, 0])}${hexLine(0, 0x10, [1, 2])}${hexLine(2, 0, [0x12, 1])}${hexLine(0, 2, [3])}${end}`,
  'both kinds of address': `${hexLine(2, 0, [0xf0, 0])}${hexLine(0, 0, [1])}${flash}${hexLine(0, 0, [2])}${end}`,
  'records of 1 byte out of order': `${flash}${oneByteRecords.map(({ at, byte }) => hexLine(0, at, byte)).join('')}${end}`,
  'records of 255 bytes': `${flash}${hexLine(0, 0, dataOf(255))}${hexLine(0, 255, dataOf(255))}${end}`,
  'start addresses': `${flash}${hexLine(0, 0, [1])}${hexLine(3, 0, [0x12, 0, 0, 0x10])}${hexLine(5, 0, [8, 0, 1, 0x8d])}${end}`,
};
const s6Records = Array.from({ length: 66_000 }, (_, index) => sLine(3, 4, 0x0800_0000 + index, [index % 251]));
const sFiles: Readonly<Record<string, string>> = {
  'S1 with S5 and S9': `${sLine(0, 2, 0, [72, 68, 82])}${sLine(1, 2, 0x1000, dataOf(16))}${sLine(1, 2, 0x1010, [1])}${sLine(5, 2, 2, [])}${sLine(9, 2, 0x1000, [])}`,
  'S2 with S8': `${sLine(2, 3, 0x12_3456, dataOf(32))}${sLine(8, 3, 0x12_3456, [])}`,
  'S3 out of order with S7': `${sLine(3, 4, 0x0800_0100, dataOf(250))}${sLine(3, 4, 0x0800_0000, [9])}${sLine(7, 4, 0x0800_0001, [])}`,
  'all widths in one file': `${sLine(1, 2, 0, [1])}${sLine(2, 3, 0x10_0000, [2])}${sLine(3, 4, 0x0800_0000, [3])}${sLine(7, 4, 0, [])}`,
  'more records than S5 can count, with S6': `${s6Records.join('')}${sLine(6, 3, s6Records.length, [])}${sLine(7, 4, 0, [])}`,
};

/** What objcopy makes of a file, as runs that nrf-intel-hex reads from its Intel HEX. */
const viaObjcopy = (file: Uint8Array | string, format: 'ihex' | 'srec' | 'elf32-littlearm') =>
  withTools({ in: file }, (run, read) => {
    expect(run('arm-none-eabi-objcopy', '-I', format, '-O', 'ihex', 'in', 'out').status).toBe(0);
    return runsByNrf(read('out').toString('latin1'));
  });

/** By S-records, because srec_cat writes Intel HEX records across 64 KiB, which nrf-intel-hex refuses. */
describe('reading agrees with srec_cat', () => {
  const viaSrecCat = (text: string, format: string) =>
    withTools({ in: text }, (run, read) => {
      const { status, output } = run('srec_cat', 'in', format, '-o', 'out', '-motorola');
      expect([status, output.includes('error')]).toEqual([0, false]);
      return viaObjcopy(read('out'), 'srec');
    });
  for (const [name, text] of Object.entries(hexFiles)) {
    test(`Intel HEX: ${name}`, (context) => {
      needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
      expect(runsOf(parse(text))).toEqual(viaSrecCat(text, '-intel'));
    });
  }
  for (const [name, text] of Object.entries(sFiles)) {
    test(`S-records: ${name}`, (context) => {
      needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
      expect(runsOf(parse(text))).toEqual(viaSrecCat(text, '-motorola'));
    });
  }
});

describe('reading agrees with objcopy', () => {
  const inOneOrder = (name: string) => !/segment|both kinds/.test(name);
  for (const [name, text] of Object.entries(hexFiles).filter(([name]) => inOneOrder(name))) {
    test(`Intel HEX: ${name}`, (context) => {
      needs(context, 'arm-none-eabi-objcopy');
      expect(runsOf(parse(text))).toEqual(viaObjcopy(text, 'ihex'));
    });
  }
  for (const [name, text] of Object.entries(sFiles)) {
    test(`S-records: ${name}`, (context) => {
      needs(context, 'arm-none-eabi-objcopy');
      expect(runsOf(parse(text))).toEqual(viaObjcopy(text, 'srec'));
    });
  }

  test('ELF: the fixture', (context) => {
    needs(context, 'arm-none-eabi-objcopy');
    const file = fixture('blink-f405.elf');
    expect(runsOf(parse(file))).toEqual(viaObjcopy(file, 'elf32-littlearm'));
  });
  for (const [name, { elf, runs }] of Object.entries(elfKinds)) {
    test(`ELF: ${name}`, (context) => {
      needs(context, 'arm-none-eabi-objcopy');
      expect(viaObjcopy(linkedElf(elf), 'elf32-littlearm')).toEqual(runs);
    });
  }
});

/** An executable of the linker: .d stands in flash at .t's end and runs in RAM (VMA other than LMA); .b is not loaded. */
const linked = (pageSize: string, fill: string) =>
  withTools(
    {
      'a.s': `.section .v,"ax"\n.global r\nr: .word 0x20001000,r\n.section .t,"ax"\n${fill}\n.byte 1,2,3,4\n
        .section .d,"aw"\n.balign 4\n.byte 0xd0,0xd1\n.section .b,"aw",%nobits\n.space 64\n.section .c,"a"\n.byte 7\n`,
      'a.ld': `ENTRY(r)\nSECTIONS { .v 0x08000200 : { *(.v) } .t : { *(.t) }
        .d 0x20000000 : AT(LOADADDR(.t) + SIZEOF(.t)) { *(.d) } .b (NOLOAD) : { *(.b) }
        .c 0x08004000 : AT(0x08004000) { *(.c) } }`,
    },
    (run, read) => {
      expect(run('arm-none-eabi-as', 'a.s', '-o', 'a.o').status).toBe(0);
      const { status, output } = run(
        'arm-none-eabi-ld',
        '-T',
        'a.ld',
        'a.o',
        '-z',
        `max-page-size=${pageSize}`,
        '-o',
        'a.elf',
      );
      expect([status, output]).toEqual([0, expect.not.stringContaining('error')]);
      return read('a.elf');
    },
  );

describe('ELF of the linker', () => {
  const tools = ['arm-none-eabi-as', 'arm-none-eabi-ld', 'arm-none-eabi-objcopy'] as const;
  for (const pageSize of ['0x1000', '0x10000']) {
    test(`pages of ${pageSize}: VMA other than LMA, file headers in the first PT_LOAD`, (context) => {
      needs(context, ...tools);
      const file = linked(pageSize, '');
      const image = parse(file);
      expect(runsOf(image)).toEqual(viaObjcopy(file, 'elf32-littlearm'));
      expect(runsOf(image)[0]![0]).toBe(0x0800_0200);
      expect(image.entry).toBe(0x0800_0200);
    });
  }

  test('the fill between two sections of one PT_LOAD: the ABI loads it, objcopy leaves it out', (context) => {
    needs(context, ...tools);
    const file = linked('0x1000', '.balign 32');
    const [ours, theirs] = [runsOf(parse(file)), viaObjcopy(file, 'elf32-littlearm')];
    expect(theirs.map(([address]) => address)).toEqual([0x0800_0200, 0x0800_0220, 0x0800_4000]);
    expect(ours.map(([address]) => address)).toEqual([0x0800_0200, 0x0800_4000]);
    expect(ours[0]![1]).toBe(`${theirs[0]![1]}${'00'.repeat(24)}${theirs[1]![1]}`);
  });
});

/** Where the tools are of another opinion, and what the document says; the report of issue 6 has the list. */
describe('disagreements', () => {
  const segmentWrap = `${hexLine(2, 0, [0x12, 0])}${hexLine(0, 0xffff, [1, 2])}${end}`;
  test('a record that wraps in its 64 KiB segment: Intel §4 and srec_cat wrap, objcopy goes on', (context) => {
    needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
    const wrapped = [
      [0x1_2000, '02'],
      [0x2_1fff, '01'],
    ];
    expect(runsOf(parse(segmentWrap))).toEqual(wrapped);
    expect(viaObjcopy(segmentWrap, 'ihex')).toEqual([[0x2_1fff, '0102']]);
    expect(() => runsByNrf(segmentWrap)).toThrow('wraps over 0xFFFF');
    withTools({ in: segmentWrap }, (run, read) => {
      run('srec_cat', 'in', '-intel', '-o', 'out', '-intel');
      expect(runsByNrf(read('out').toString('latin1'))).toEqual(wrapped);
    });
  });

  test('the same bytes twice: we and srec_cat take them, nrf-intel-hex does not; other bytes: only objcopy goes on', (context) => {
    needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
    const twice = `${flash}${hexLine(0, 0, [1])}${hexLine(0, 0, [1])}${end}`;
    const contrary = `${flash}${hexLine(0, 0, [1])}${hexLine(0, 0, [2])}${end}`;
    expect(runsOf(parse(twice))).toEqual([[0x0800_0000, '01']]);
    expect(() => runsByNrf(twice)).toThrow('Duplicated data');
    expect(refusalOf(() => parse(contrary)).code).toBe('image-overlap');
    withTools({ twice, contrary }, (run) => {
      expect(run('srec_cat', 'twice', '-intel', '-o', 'out', '-intel')).toMatchObject({
        status: 0,
        output: expect.stringContaining('redundant'),
      });
      expect(run('srec_cat', 'contrary', '-intel', '-o', 'out', '-intel').status).not.toBe(0);
      expect(run('arm-none-eabi-objcopy', '-I', 'ihex', '-O', 'srec', 'contrary', 'out').status).toBe(0);
    });
  });

  test('no End of File record: Intel §10 wants one; we and nrf-intel-hex refuse, srec_cat warns, objcopy is silent', (context) => {
    needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
    const cut = `${flash}${hexLine(0, 0, [1])}`;
    expect(refusalOf(() => parse(cut)).code).toBe('image-truncated');
    expect(() => runsByNrf(cut)).toThrow('No EOF record');
    withTools({ cut }, (run) => {
      expect(run('srec_cat', 'cut', '-intel', '-o', 'out', '-intel').output).toContain('no end-of-file record');
      expect(run('arm-none-eabi-objcopy', '-I', 'ihex', '-O', 'srec', 'cut', 'out')).toEqual({ status: 0, output: '' });
    });
  });

  test('CS:IP 1200:0010 is 0x12010 by Intel §8; srec_cat says so too, objcopy keeps 16 bits of it', (context) => {
    needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
    const text = `${hexLine(3, 0, [0x12, 0, 0, 0x10])}${hexLine(0, 0, [1])}${end}`;
    expect(parse(text).entry).toBe(0x1_2010);
    withTools({ in: text }, (run, read) => {
      run('srec_cat', 'in', '-intel', '-o', 'a', '-motorola');
      expect(read('a').toString('latin1')).toContain('S804012010CA');
      run('arm-none-eabi-objcopy', '-I', 'ihex', '-O', 'srec', 'in', 'b');
      expect(read('b').toString('latin1')).toContain('S9032010CC');
    });
  });
});

/** Images with gaps, an odd end, a start that is no multiple of 16, and the fixture. */
const images: Readonly<Record<string, FirmwareImage>> = {
  'the fixture': parse(fixture('blink-f405.hex')),
  'gaps and odd ends': parse(
    `${flash}${hexLine(0, 3, dataOf(70))}${hexLine(0, 0xfff5, dataOf(20))}${hexLine(5, 0, [8, 0, 0, 5])}${end}`,
  ),
};

describe('what we write is read by others as the same bytes', () => {
  const write = (image: FirmwareImage, to: string) => writeImage(image, writerFor(to)!);
  for (const [name, image] of Object.entries(images)) {
    test(`${name}: Intel HEX and S-records, by objcopy, srec_cat and nrf-intel-hex`, (context) => {
      needs(context, 'srec_cat', 'arm-none-eabi-objcopy');
      const [hex, srec] = [write(image, 'hex'), write(image, 'srec')];
      expect(runsByNrf(Buffer.from(hex).toString('latin1'))).toEqual(runsOf(image));
      expect(viaObjcopy(hex, 'ihex')).toEqual(runsOf(image));
      expect(viaObjcopy(srec, 'srec')).toEqual(runsOf(image));
      withTools({ hex, srec }, (run) => {
        expect(run('srec_cat', 'hex', '-intel', '-o', 'out', '-motorola')).toEqual({ status: 0, output: '' });
        expect(run('srec_cat', 'srec', '-motorola', '-o', 'out', '-motorola')).toEqual({ status: 0, output: '' });
      });
    });

    test(`${name}: raw binary is that of objcopy with --gap-fill 0xFF`, (context) => {
      needs(context, 'arm-none-eabi-objcopy');
      withTools({ hex: write(image, 'hex') }, (run, read) => {
        run('arm-none-eabi-objcopy', '-I', 'ihex', '-O', 'binary', '--gap-fill', '0xFF', 'hex', 'bin');
        expect(Buffer.from(write(image, 'bin')).equals(read('bin'))).toBe(true);
      });
    });
  }

  test('the fixture: Intel HEX and S-records letter by letter as objcopy writes them, but for the header', (context) => {
    needs(context, 'arm-none-eabi-objcopy');
    withTools({}, (run, read) => {
      run('arm-none-eabi-objcopy', '-O', 'srec', fixturePath('blink-f405.elf'), 'srec');
      const withoutHeader = (bytes: Uint8Array) =>
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/^S0.*\r\n/, '');
      const image = parse(fixture('blink-f405.elf'));
      expect(withoutHeader(write(image, 'srec'))).toBe(withoutHeader(read('srec')));
      expect(Buffer.from(write(image, 'hex')).toString('latin1')).toBe(fixture('blink-f405.hex').toString('latin1'));
    });
  });

  test('a DFU suffix by dfu-suffix, on every text and binary format', (context) => {
    needs(context, 'dfu-suffix');
    for (const format of ['hex', 'bin', 'uf2']) {
      const file = write(images['the fixture']!, format);
      withTools(
        { plain: file, ours: withDfuSuffix(file, { vendorId: 0x0483, productId: 0xdf11, dfuVersion: 0x0100 }) },
        (run, read) => {
          expect(run('dfu-suffix', '-c', 'ours')).toMatchObject({
            status: 0,
            output: expect.stringContaining('Vendor ID:\t0x0483'),
          });
          run('dfu-suffix', '-v', '0483', '-p', 'df11', '-a', 'plain');
          expect(read('plain').equals(read('ours'))).toBe(true);
        },
      );
    }
  });

  test('dfu-suffix finds the ids that --dfu-suffix asked for in a DfuSe file', (context) => {
    needs(context, 'dfu-suffix');
    const suffix = { vendorId: 0x1eaf, productId: 3, dfuVersion: 0x0100 };
    withTools({ ours: writeImage(images['the fixture']!, writerFor('dfu')!, { suffix }) }, (run) => {
      const { status, output } = run('dfu-suffix', '-c', 'ours');
      expect([status, output]).toEqual([0, expect.stringMatching(/Product ID:\t0x0003\s+Vendor ID:\t0x1EAF/)]);
      expect(output).toContain('BCD DFU:\t0x011A');
    });
  });

  test('prefixes of dfu-prefix are those that we refuse', (context) => {
    needs(context, 'dfu-prefix', 'dfu-suffix');
    for (const [option, maker] of [
      ['-L', 'NXP LPC'],
      ['-s', 'TI Stellaris'],
    ] as const) {
      withTools({ file: fixture('blink-f405.bin') }, (run, read) => {
        run('dfu-prefix', option, ...(option === '-s' ? ['0x2000'] : []), '-a', 'file');
        run('dfu-suffix', '-a', 'file');
        expect(refusalOf(() => parse(read('file'), { address: 0 })).message).toBe(
          `a has a prefix for the bootloader of ${maker}`,
        );
      });
    }
  });
});

describe('DfuSe and dfuse-pack of dfu-util', () => {
  test('we read what it builds, several targets and alternates included', (context) => {
    needs(context, 'dfuse-pack');
    withTools(
      { 'a.bin': Buffer.from([1, 2, 3]), 'b.bin': Buffer.from([4]), 'o.bin': Buffer.from([0xef]) },
      (run, read) => {
        const { status, output } = run(
          'dfuse-pack',
          '-b',
          '0x08000000:a.bin',
          '-b',
          '0x08004000:b.bin',
          '-b',
          '0x1fffc000@1:o.bin',
          'out.dfu',
        );
        expect([status, output]).toEqual([0, '']);
        const image = parse(read('out.dfu'));
        expect(runsOf(image)).toEqual([
          [0x0800_0000, '010203'],
          [0x0800_4000, '04'],
        ]);
        expect(image.otherAlternates!.map((other) => [other.alternate, ...runsOf(other)])).toEqual([
          [1, [0x1fff_c000, 'ef']],
        ]);
      },
    );
  });

  test('it unpacks what we write, and dfu-suffix finds the suffix good', (context) => {
    needs(context, 'dfuse-pack', 'dfu-suffix');
    const image = {
      ...images['the fixture']!,
      otherAlternates: [
        {
          alternate: 1,
          name: 'Option Bytes',
          segments: [{ address: 0x1fff_c000, data: Uint8Array.of(0xef, 0xaa), origin: '' }],
        },
      ],
    };
    withTools({ 'x.dfu': writeImage(image, writerFor('dfu')!) }, (run, read) => {
      const { output } = run('dfuse-pack', '-d', 'x.dfu');
      expect(output).toContain('usb: 0483:df11');
      expect(output).not.toMatch(/CRC ERROR|PARSE ERROR/);
      const parts = [...output.matchAll(/address: (0x[0-9a-f]+), size: \d+[\s\S]*?"(.*?)"/g)].map(
        ([, address, name]) => [Number(address), read(name!).toString('hex')],
      );
      expect(parts).toEqual([...runsOf(image), [0x1fff_c000, 'efaa']]);
      expect(run('dfu-suffix', '-c', 'x.dfu').output).toContain('BCD DFU:\t0x011A');
    });
  });
});

/** Formats that are named and refused: a tool writes them, and the command of the hint makes Intel HEX of them again. */
describe('what other tools write is named, and the hint makes a file of it that is read', () => {
  const flash = parse(fixture('blink-f405.hex')).segments[0]!.data.subarray(0, 64);
  const small = { ...parse(flash, { address: 0x1000 }), name: 'small' };
  const hexFile = writeImage(small, writerFor('hex')!);
  const bySrecCat = [
    ['-vmem', 'a is a memory file with @ before addresses (Verilog, VMEM), not firmware'],
    ['-ti_txt', 'a is TI-TXT, not firmware'],
    ['-tektronix', 'a is Tektronix hex, not firmware'],
    ['-tektronix_extended', 'a is extended Tektronix hex, not firmware'],
    ['-mos_technologies', 'a is MOS Technology hex, not firmware'],
  ] as const;
  for (const [format, message] of bySrecCat)
    test(`srec_cat ${format}`, (context) => {
      needs(context, 'srec_cat');
      withTools({ in: hexFile }, (run, read) => {
        run('srec_cat', 'in', '-intel', '-o', 'FILE', format);
        const error = refusalOf(() => parse(read('FILE'), { address: 0x0800_8000 }));
        expect([error.code, error.message]).toEqual(['image-unsupported', message]);
        const command = /`srec_cat (.*)`/.exec(error.hint)![1]!.split(' ');
        expect(run('srec_cat', ...command).status).toBe(0);
        expect(runsOf(parse(read('firmware.hex')))).toEqual(runsOf(small));
      });
    });

  const byObjcopy = [
    ['verilog', 'Verilog, VMEM'],
    ['tekhex', 'extended Tektronix hex'],
    ['symbolsrec', 'S-records with symbols (symbolsrec)'],
  ] as const;
  for (const [format, message] of byObjcopy)
    test(`objcopy -O ${format}`, (context) => {
      needs(context, 'arm-none-eabi-objcopy');
      withTools({ in: hexFile }, (run, read) => {
        // Of an ELF file, tekhex would have to hold .comment, and cannot; symbols are in nothing else.
        const from = format === 'symbolsrec' ? [fixturePath('blink-f405.elf')] : ['-I', 'ihex', 'in'];
        expect(run('arm-none-eabi-objcopy', '-O', format, ...from, 'out').status).toBe(0);
        expect(refusalOf(() => parse(read('out'), { address: 0x0800_8000 })).message).toContain(message);
      });
    });
});
