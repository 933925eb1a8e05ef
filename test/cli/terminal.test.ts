import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { escapeControls, oneLine } from '../../src/base/text.ts';
import type { Bench } from '../../src/bench/bench.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { parseTrace } from '../../src/trace/trace-file.ts';
import { vcdOf } from '../../src/trace/vcd.ts';
import { type CliSetup, firmware, jsonLines, repository, runCli } from '../helpers/cli-context.ts';
import { dfuseFile } from '../helpers/image-files.ts';
import { autopilotPackage, zipFile } from '../helpers/packed-files.ts';
import { f405, profileFile } from '../helpers/profile-file.ts';

// Whatever a device, a file or a trace says: nothing of it acts on the terminal (CWE-150).

const folder = mkdtempSync(join(tmpdir(), 'bootctl-terminal-'));

/** What terminals obey (ECMA-48, xterm control sequences), what turns the direction of writing, what breaks a line. */
const evil = [
  '\u001b[2J',
  '\u001b]0;OWNED\u0007',
  '\u001b[31m',
  '\u001b[8m',
  '\u009b31m',
  '\u0090',
  '\r',
  '\n',
  '\nPASS  all is well',
  '\b',
  '\t',
  '\0',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u061c',
  '\u000e',
  '$end',
  '\\',
  '"',
] as const;
const texts = fc
  .array(fc.oneof(fc.constantFrom(...evil), fc.string({ unit: 'binary', maxLength: 6 }), fc.constant('STM32')), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));

/** Bold, dim, the ends of both, red, green, yellow, the end of a colour (ECMA-48 §8.3.117). */
const ESC = '\u001b';
const ownColours = new RegExp(`${ESC}\\[(?:1|2|22|31|32|33|39)m`, 'g');
const acting = /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
const outputs = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;

/** The same number of lines as with a harmless text, and nothing that acts but our colours, of which there are as many. */
function expectHarmless(run: { stdout: string; stderr: string }, plain: { stdout: string; stderr: string }): void {
  const [seen, wanted] = [outputs(run), outputs(plain)];
  expect(seen.replace(ownColours, '')).not.toMatch(acting);
  expect(seen.match(ownColours) ?? []).toEqual(wanted.match(ownColours) ?? []);
  expect(seen.split('\n').length).toBe(wanted.split('\n').length);
}

const benchSaying = (text: string): Bench => ({
  clock: new SimClock(),
  serial: {
    list: async () => [
      { path: `/dev/tty${text}`, manufacturer: text, serialNumber: text, vendorId: '0403', productId: '6001' },
    ],
    open: () => Promise.reject(new Error('not to be opened')),
  },
  usb: {
    list: async () => [
      {
        path: '1-4',
        instance: '1-4#9',
        vendorId: '0483',
        productId: 'df11',
        bcdDevice: '2200',
        serialNumber: text,
        product: text,
      },
    ],
    onChange: () => () => {},
    open: async () => {
      throw new BootctlError('usb-denied', `may not open ${text}`, { hint: text });
    },
  },
  [Symbol.asyncDispose]: async () => {},
});

describe.each([{ isTTY: true }, { isTTY: false }])('%o', ({ isTTY }) => {
  test('list', () =>
    fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const list = (said: string, ...argv: string[]) =>
          runCli(['list', ...argv], { isTTY, openBench: async () => benchSaying(said) });
        expectHarmless(await list(text), await list('x'));
        const json = await list(text, '--json');
        expectHarmless(json, await list('x', '--json'));
        expect(jsonLines(json.stdout)[1]).toMatchObject({ product: text, serialNumber: text, error: { hint: text } });
      }),
      { numRuns: 60 },
    ));

  test('doctor', () =>
    fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const hostFacts = async (said: string) => ({
          platform: 'linux',
          nodeVersion: said,
          isRoot: false,
          modules: [{ name: 'usb' as const, trouble: said }],
          modemManagerRuns: false,
          ports: { [`/dev/tty${said}`]: { driver: said } },
          runtimeDfu: [said],
        });
        const doctor = (said: string) =>
          runCli(['doctor'], { isTTY, openBench: async () => benchSaying(said), hostFacts: () => hostFacts(said) });
        expectHarmless(await doctor(text), await doctor('x'));
      }),
      { numRuns: 40 },
    ));

  const header = JSON.parse(
    readFileSync(join(repository, 'test/fixtures/traces/crashed.trace'), 'utf8').split('\n')[0]!,
  );
  const traceSaying = (said: string): string => {
    const device = { path: said, instance: said, vendorId: said, productId: said, bcdDevice: said, product: said };
    const error = { code: said, message: said };
    const lines = [
      { ...header, profile: said, argv: [said, said], date: said, bootctl: said, usb: { bootloader: said } },
      { event: 'usb.present', t: 1, device },
      { event: 'serial.out', t: 2, end: 3, port: said, data: '79' },
      { event: 'serial.in', t: 3, end: 4, port: said, data: '1b5b324a0d9b' },
      { event: 'usb.open', t: 4, end: 5, path: said, error },
      { event: 'machine.state', t: 6, machine: said, state: said, cause: said, error },
      { event: 'machine.state', t: 7, machine: said, state: said, cause: said },
      { event: 'job', t: 8, name: said, text: said, values: {} },
      { event: 'result', t: 9, ok: false, exitCode: 1, error },
    ];
    return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
  };

  test('trace', () =>
    fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const show = async (said: string, ...argv: string[]) => {
          const path = join(folder, 'evil.trace');
          writeFileSync(path, traceSaying(said));
          return runCli(['trace', path, '-v', ...argv], { isTTY });
        };
        expectHarmless(await show(text), await show('x'));
        expectHarmless(await show(text, '--json'), await show('x', '--json'));
      }),
      { numRuns: 60 },
    ));

  test('the VCD file of a trace: nothing in it acts, and no text ends its section', () =>
    fc.assert(
      fc.property(texts, (text) => {
        const vcd = (said: string) => vcdOf(parseTrace(traceSaying(said), 'evil.trace'));
        expect(vcd(text)).not.toMatch(acting);
        expect(vcd(text).match(/\$end\b/g)?.length).toBe(vcd('x').match(/\$end\b/g)?.length);
        expect(vcd(text).split('\n').length).toBe(vcd('x').split('\n').length);
      }),
    ));

  test('profile: its description, and what is wrong with it', () =>
    fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const built = readFileSync(join(repository, 'hardware/profiles/two-line.yaml'), 'utf8');
        const run = async (said: string, verb: string, key: string) => {
          const path = join(folder, 'two-line.yaml');
          writeFileSync(
            path,
            built.replace(new RegExp(`^${key}:.*$`, 'm'), () => `${key}: ${JSON.stringify(said)}`),
          );
          return runCli(['profile', verb, path], { isTTY });
        };
        expect(outputs(await run(text, 'show', 'description')).replace(ownColours, '')).not.toMatch(acting);
        expect(outputs(await run(text, 'check', 'id')).replace(ownColours, '')).not.toMatch(acting);
      }),
      { numRuns: 40 },
    ));
});

test('a whole job: the name that the device gives itself', () =>
  fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const recover = (said: string) =>
        runCli(['enter', '-p', 'rc-cap', '--simulate', '-v'], {
          openBench: async ({ profile }) => {
            const bench = createSimBench({ profile: profile! });
            const { usb } = bench;
            const list = usb.list.bind(usb);
            const open = usb.open.bind(usb);
            const renamed = { product: said };
            Object.assign(usb, {
              list: async () => (await list()).map((info) => ({ ...info, ...renamed })),
              open: async (info: Parameters<typeof open>[0]) => {
                const device = await open(info);
                Object.defineProperty(device, 'info', { value: { ...device.info, ...renamed } });
                return device;
              },
            });
            return bench;
          },
        });
      const run = await recover(text);
      expect(run.status).toBe(0);
      if (text.trim() !== '') expect(run.stderr).toContain(oneLine(text));
      expectHarmless(run, await recover('x'));
    }),
    { numRuns: 15 },
  ));

/** Bytes that act in a file: as above, and those that are no UTF-8. */
const evilBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(...evil).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 6 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));

describe('image: what a file says of itself, in its messages and errors', () => {
  const flash = [0, 0, 2, 0x20, 1, 1, 0, 8, ...Array<number>(56).fill(0)];
  const named = (name: string) =>
    dfuseFile([
      { alternate: 0, name, elements: [[0x0800_0000, flash]] },
      { alternate: 1, name, elements: [[0x1fff_c000, [1]]] },
    ]);
  const put = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return name;
  };
  const run = (...argv: readonly string[]) => runCli(['image', ...argv], { cwd: folder, isTTY: true });

  test('names of the targets of a DfuSe file', () =>
    fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const latin1 = [...text]
          .filter((one) => one !== '\0' && one <= '\u00ff')
          .join('')
          .slice(0, 40);
        const show = async (name: string, ...argv: readonly string[]) => {
          put('evil.dfu', named(name));
          return run(...argv);
        };
        const commands = [
          ['info', 'evil.dfu'],
          ['info', 'evil.dfu', '--json'],
          ['verify', 'evil.dfu'],
          ['verify', 'evil.dfu', '--force'],
          ['convert', 'evil.dfu', '-o', 'out.hex'],
        ];
        for (const argv of commands) expectHarmless(await show(`x${latin1}`, ...argv), await show('x', ...argv));
      }),
      { numRuns: 10 },
    ));

  test('lines of text files, records, headers, and what is named of them', () =>
    fc.assert(
      fc.asyncProperty(
        evilBytes,
        fc.constantFrom('', ':02', 'S1', 'S0', ':020000040800F2\n', '{"', '@08 ', '\ufeff'),
        async (bytes, begin) => {
          const name = put('evil.hex', Buffer.concat([Buffer.from(begin), bytes, Buffer.from('\n')]));
          for (const argv of [
            ['info', name],
            ['verify', `${name}@0x08008000`],
            ['diff', name, name],
          ]) {
            expect(outputs(await run(...argv)).replace(ownColours, '')).not.toMatch(acting);
          }
        },
      ),
      { numRuns: 40 },
    ));

  test('what a package says of itself, and the names in an archive', async () => {
    for (const text of evil) {
      put(
        'evil.apj',
        autopilotPackage(Uint8Array.from(flash), { summary: text, version: `1${text}`, git_identity: text }),
      );
      put('one.zip', zipFile([{ name: `a${text}.bin`, data: Uint8Array.from(flash) }]));
      put('none.zip', zipFile([{ name: `a${text}.txt`, data: Uint8Array.from(flash) }]));
      for (const argv of [
        ['info', 'evil.apj@0x08004000'],
        ['verify', 'evil.apj@0x08004000'],
        ['info', 'one.zip@0x08000000'],
        ['verify', 'one.zip'],
        ['info', 'none.zip'],
      ])
        expect(outputs(await run(...argv)).replace(ownColours, '')).not.toMatch(acting);
    }
  });

  test('patches of a file, and the name of the file itself', async () => {
    put('patches', Buffer.from('0x08000000=\u001b[2J\n'));
    const good = put('good.dfu', named('x'));
    const strange = put('st\u001b]0;x\u0007range\u202e.dfu', named('x'));
    for (const argv of [
      ['info', good, '--patch-file', 'patches'],
      ['info', good, '--patch', '0x08000000=text\u001b[2J:1'],
      ['info', strange],
      ['verify', strange],
      ['diff', strange, good],
      ['convert', strange, '-o', 'out\u009b31m.bin'],
      ['convert', strange, '-o', 'out.\u001b[2J'],
      ['convert', good, '-o', 'out.bin', '--dfu-suffix', '\u001b'],
      ['convert', good, '-o', 'out.uf2', '--family', '\u001b[31mF4'],
      ['info', good, '--layout', '@\u001b[2J /0x08000000/1*1Kg'],
      ['info', good, '--target', 'F4\u001b[2J'],
    ]) {
      expect(outputs(await run(...argv)).replace(ownColours, '')).not.toMatch(acting);
    }
  });
});

/** A simulated bench whose target gives its memories other names, in the string descriptors of its alternate settings. */
const benchNaming =
  (said: string): NonNullable<CliSetup['openBench']> =>
  async ({ profile, scenario }) => {
    const bench = createSimBench({ profile: profile!, ...(scenario === undefined ? {} : { scenario }) });
    const open = bench.usb.open.bind(bench.usb);
    Object.assign(bench.usb, {
      open: async (info: Parameters<typeof open>[0]) => {
        const device = await open(info);
        const read = device.controlIn.bind(device);
        const renamed: typeof read = async (request, ...rest) => {
          const bytes = await read(request, ...rest);
          const text = Buffer.from(bytes.subarray(2)).toString('utf16le');
          const isName = request.request === 6 && request.value >> 8 === 3 && text.startsWith('@'); // USB 2.0 §9.4.3
          if (!isName) return bytes;
          const body = Buffer.from(
            text.replace(/ *\//, () => `${said} /`),
            'utf16le',
          );
          return Uint8Array.from([body.length + 2, 3, ...body]);
        };
        Object.defineProperty(device, 'controlIn', { value: renamed });
        return device;
      },
    });
    return bench;
  };

test.each([
  ['info', '-v'],
  ['enter', '-v'],
  ['recover', firmware, '-v'],
  ['erase', '--yes', '-v'],
])('%s: the names that the target gives its memories', async (verb, ...argv) => {
  for (const text of ['\u001b[2J', '\r\b\0', '\u009b31m\u202e', 'a\nPASS  all is well', '\u2028\u2066']) {
    const run = (said: string) =>
      runCli([verb, ...argv, '-p', 'rc-cap', '--simulate'], { openBench: benchNaming(said) });
    const [evilRun, plain] = [await run(text), await run('x')];
    expect(evilRun.status).toBe(plain.status);
    expectHarmless(evilRun, plain);
    if (verb === 'info') expect(outputs(evilRun)).toContain(oneLine(text));
  }
});

test('a text that the application prints, seen and not seen', async () => {
  for (const text of ['\u001b[2Jready', 'ready\r\u009b31m', 'a\u202eb\u0000c']) {
    const board = (id: string, match: string) =>
      profileFile(
        id,
        f405,
        'methods: [lines]',
        `application: { expect: serial, match: ${JSON.stringify(match)}, timeout: 1s }`,
      );
    for (const scenario of ['crashed', 'app-crashes']) {
      const argv = (path: string) => ['recover', firmware, '-p', path, '--simulate', scenario, '-v'];
      const [evilRun, plain] = [await runCli(argv(board('evil', text))), await runCli(argv(board('evil', 'ready')))];
      expect(evilRun.status).toBe(plain.status);
      expectHarmless(evilRun, plain);
      expect(outputs(evilRun)).toContain(oneLine(JSON.stringify(text)));
    }
  }
});

test('a job on a terminal: beside what the progress bar itself writes, nothing acts', async () => {
  const name = 'bl\u001b]0;x\u0007ink\u202e.hex';
  writeFileSync(join(folder, name), readFileSync(join(repository, firmware)));
  const run = await runCli(['recover', name, '-p', 'rc-cap', '--simulate', '-v'], { cwd: folder, isTTY: true });
  expect(run.status).toBe(0);
  expect(outputs(run)).toContain('bl\\u001b]0;x\\u0007ink\\u202e.hex');
  // cli-progress: cursor hidden and shown, saved and put back, to a column, line erased to its end, line wrap off and on (ECMA-48, DECSET).
  const bar = new RegExp(`${ESC}(?:[78]|\\[(?:\\?25[lh]|\\?7[lh]|\\d*G|[012]?K|0?J))`, 'g');
  expect(outputs(run)).toMatch(bar);
  expect(outputs(run).replaceAll(bar, '').replace(ownColours, '')).not.toMatch(acting);
});

test('a name on the command line, and a failure that names it', async () => {
  const name = 'no\u001b[2J\u202esuch';
  for (const argv of [
    ['trace', name],
    ['image', 'info', name],
    ['enter', '-p', name],
    [name],
    ['enter', `--${name}`],
  ]) {
    const run = await runCli(argv);
    expect(run.status).not.toBe(0);
    expect(outputs(run)).not.toMatch(acting);
  }
});

test('what is escaped is written as JSON writes it', () => {
  expect(escapeControls('a\u001b[2J\r\n\u009b\u202eä')).toBe('a\\u001b[2J\\u000d\n\\u009b\\u202eä');
  expect(oneLine('a\nb')).toBe('a\\u000ab');
  fc.assert(
    fc.property(texts, (text) => {
      expect(JSON.parse(escapeControls(JSON.stringify(text)))).toBe(text);
    }),
  );
});
