import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import { withEntries } from '../../src/base/yaml-file/with-entries.ts';
import { sleep } from '../../src/bench/clock.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { createSimRack, type RackLine } from '../../src/sim/rack.ts';
import { type CliSetup, jsonLines, runCli } from '../helpers/cli-context.ts';
import { jigFolder } from '../helpers/jig-file.ts';

const head = `station: line2 # by the window
profile: rc-cap

# what is made
image: boot.hex
`;

const hub = { bus: 1, revision: 2, controller: 'pci-0000:00:14.0' };

/** `bootctl jig pair` beside this jig.yaml, on a rack with these lines; what was printed, and the file afterwards. */
async function pairing(
  text: string,
  lines: readonly RackLine[],
  argv: readonly string[] = ['--yes'],
  setup: CliSetup = {},
) {
  using folder = jigFolder({ 'jig.yaml': text });
  const { bench, truth } = createSimRack({ profile: findProfile('rc-cap', { cwd: '/' }), lines });
  const run = await runCli(['jig', 'pair', ...argv], {
    cwd: folder.path('.'),
    openBench: async () => bench,
    usbTree: async () => ({ rootHubs: [hub], devices: [], switches: {} }),
    ...setup,
  });
  return {
    ...run,
    file: readFileSync(folder.path('jig.yaml'), 'utf8'),
    moves: truth.events.filter(({ what }) => what === 'lines').length,
  };
}

const crossed: readonly RackLine[] = [
  { adapter: '1-1.1', targets: ['1-2.2'] },
  { adapter: '1-1.2', targets: ['1-2.1'] },
];

test('it writes what it has found, by places that stay, and the comments stay too', async () => {
  const { status, stdout, stderr, file } = await pairing(head, crossed);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^2 adapters will be asked.*\n {2}\/dev\/ttySIM0 at 1-1\.1\n/);
  expect(stderr).toContain('[4/4] /dev/ttySIM0 at 1-1.1\n');
  expect(stdout).toMatch(/A1 +│? *pci-0000:00:14\.0-usb-0:1\.1 +│? *pci-0000:00:14\.0-usb-0:2\.2/);
  expect(stdout).toContain('2 slots written into jig.yaml');
  expect(file).toBe(`${head}slots:
  A1: { adapter: "pci-0000:00:14.0-usb-0:1.1", target: "pci-0000:00:14.0-usb-0:2.2" }
  A2: { adapter: "pci-0000:00:14.0-usb-0:1.2", target: "pci-0000:00:14.0-usb-0:2.1" }
`);
});

test('slots that are in the file are left alone: their adapters are not asked', async () => {
  const described = `${head}slots:\n  # the left one\n  A1: { adapter: "1-1.1", target: "1-2.2" }\nretests: 1\n`;
  const { status, stderr, file } = await pairing(described, crossed);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^1 adapter will be asked/);
  expect(file).toBe(
    described.replace(
      'retests',
      '  A2: { adapter: "pci-0000:00:14.0-usb-0:1.2", target: "pci-0000:00:14.0-usb-0:2.1" }\nretests',
    ),
  );
});

test('all slots anew with --force', async () => {
  const { status, file } = await pairing(`${head}slots:\n  X: { adapter: "1-1.1", target: "1-2.9" }\n`, crossed, [
    '--yes',
    '--force',
  ]);
  expect(status).toBe(0);
  expect(file).not.toContain('X:');
  expect(file.match(/^ {2}A\d:/gm)).toEqual(['  A1:', '  A2:']);
});

test('an adapter whose target is that of a described slot is named', async () => {
  const { status, stdout, file } = await pairing(
    `${head}slots:\n  A1: { adapter: "1-1.7", target: "1-2.1" }\n`,
    crossed,
  );
  expect(status).toBe(4);
  expect(stdout).toMatch(/1-1\.2 +brings the bootloader at 1-2\.1, which is the target of a slot that is described\n/);
  expect(file.match(/^ {2}A\d:.*/gm)).toEqual([
    '  A1: { adapter: "1-1.7", target: "1-2.1" }',
    '  A2: { adapter: "pci-0000:00:14.0-usb-0:1.1", target: "pci-0000:00:14.0-usb-0:2.2" }',
  ]);
});

test('what is in doubt is named with what to do, and is not written', async () => {
  const { status, stdout, stderr, file } = await pairing(head, [
    { adapter: '1-1.1', targets: ['1-2.1'] },
    { adapter: '1-1.2', targets: [] },
    { adapter: '1-1.3', targets: ['1-2.2', '1-2.3'] },
  ]);
  expect(status).toBe(4);
  expect(stdout).toMatch(/^1-1\.2 {2}brings no bootloader: No bootloader after \d+ attempts.*\n {4}\S/m);
  expect(stdout).toMatch(
    /^1-1\.3 {2}brings 2 bootloaders, at 1-2\.2 and 1-2\.3: two boards are on its lines\n {4}Give each board an adapter of its own\./m,
  );
  expect(stderr).toContain('2 of 3 adapters have no target [pairing-incomplete]');
  expect(file.match(/^ {2}A\d:.*/gm)).toEqual([
    '  A1: { adapter: "pci-0000:00:14.0-usb-0:1.1", target: "pci-0000:00:14.0-usb-0:2.1" }',
  ]);
});

test('nobody agrees: no line moves', async () => {
  const no = await pairing(head, crossed, [], { ask: async () => 'no' });
  expect([no.status, no.moves, no.file]).toEqual([2, 0, head]);
  expect(no.stderr).toContain('It was not agreed to; nothing has moved');
  const nobody = await pairing(head, crossed, []);
  expect([nobody.status, nobody.moves]).toEqual([2, 0]);
  expect(nobody.stderr).toContain('Boards would be reset, and nobody can be asked');
  const yes = await pairing(head, crossed, [], { ask: async () => ' Yes' });
  expect(yes.status).toBe(0);
});

test('--json', async () => {
  const { status, stdout } = await pairing(head, [crossed[0]!, { adapter: '1-1.2', targets: [] }], ['--yes', '--json']);
  expect(status).toBe(4);
  const lines = jsonLines(stdout);
  expect(lines.map(({ event }) => event)).toEqual([
    'pairing.planned',
    ...Array(4).fill('pairing.asking'),
    'pairing.slot',
    'pairing.unpaired',
    'result',
  ]);
  expect(lines.at(-3)).toMatchObject({ name: 'A1', adapter: 'pci-0000:00:14.0-usb-0:1.1' });
  expect(lines.at(-2)).toMatchObject({ adapter: '1-1.2', why: 'silent', targets: [] });
  expect(lines.at(-1)).toMatchObject({ ok: false, exitCode: 4, error: { code: 'pairing-incomplete' } });
});

test('a target that no adapter resets is named, and is not written', async () => {
  const rack = createSimRack({
    profile: findProfile('rc-cap', { cwd: '/' }),
    lines: crossed,
    apart: ['1-2.3', '1-2.4'],
    scenarioAt: (target) => (target === '1-2.3' ? { startsInRom: 'dfuIDLE' } : { flash: 'healthy' }),
  });
  await sleep(rack.bench.clock, 5_000); // until all of them are on the bus
  const setup = { openBench: async () => rack.bench };
  const { status, stdout, file } = await pairing(head, [], ['--yes'], setup);
  expect(status).toBe(0);
  expect(stdout).toContain('1-2.3  was in its bootloader before, and no adapter has moved it\n');
  expect(stdout).toContain('1-2.4  shows the application of the profile, and no adapter has reset it\n');
  expect(file.match(/^ {2}A\d:/gm)).toHaveLength(2);
  const again = await pairing(head, [], ['--yes', '--json'], setup);
  expect(jsonLines(again.stdout).filter(({ event }) => event === 'pairing.unmoved')).toMatchObject([
    { target: '1-2.3', runs: 'bootloader' },
    { target: '1-2.4', runs: 'application' },
  ]);
});

test('an interrupted pairing writes nothing', async () => {
  const controller = new AbortController();
  const { status, file } = await pairing(head, crossed, ['--yes'], {
    signal: controller.signal,
    usbTree: async () => {
      queueMicrotask(() => controller.abort(new BootctlError('aborted', 'Interrupted')));
      return { rootHubs: [hub], devices: [], switches: {} };
    },
  });
  expect([status, file]).toEqual([130, head]);
});

test('--simulate pairs a rack whose wiring is not in order, and writes nothing', async () => {
  const { status, stdout, file } = await pairing(head, [], ['--simulate', '3']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/A1 .*1-1\.1 .*1-2\.2/);
  expect(stdout).toMatch(/A3 .*1-1\.3 .*1-2\.1/);
  expect(file).toBe(head);
  for (const boards of ['0', 'x', '33']) {
    const refused = await pairing(head, [], ['--simulate', boards]);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining(`--simulate took "${boards}"`)]);
  }
});

test.each([
  ['no adapter', [], head, 'No adapter of this profile is plugged in'],
  [
    'no other adapter',
    crossed.slice(0, 1),
    `${head}slots:\n  A1: { adapter: "1-1.1", target: "1-2.2" }\n`,
    'No adapter beside those of the slots of this profile is plugged in',
  ],
  ['no lines', crossed, head.replace('rc-cap', 'betaflight'), 'none of the methods of betaflight moves lines'],
  ['no profile', crossed, head.replace('profile: rc-cap\n', ''), 'No board profile is given'],
  ['a broken file', crossed, head.replace('station', 'stasion'), 'unknown key (did you mean "station"?)'],
])('%s', async (_what, lines, text, message) => {
  const { status, stderr, moves } = await pairing(text, lines);
  expect(stderr).toContain(message);
  expect(status).not.toBe(0);
  expect(moves).toBe(0);
});

test('entries are put into any form of the key', () => {
  const entries = { A1: { a: 'x' } };
  expect(withEntries('slots: {}\n', 'slots', entries, false)).toBe('slots:\n  A1: { a: "x" }\n');
  expect(withEntries('slots:\n', 'slots', entries, false)).toBe('slots:\n  A1: { a: "x" }\n');
  expect(withEntries('a: 1 # one\n', 'slots', entries, false)).toBe('a: 1 # one\nslots:\n  A1: { a: "x" }\n');
  expect(withEntries('slots: { B: { b: c } } # two\n', 'slots', entries, false)).toContain('A1: { a: "x" }');
});
