import { beforeAll, describe, expect, test } from 'vitest';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import type { FirmwareImage } from '../../src/image/firmware-image.ts';
import { readImage } from '../../src/image/load-image.ts';
import { manualEntry } from '../../src/ops/entry/ask-operator.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import { runCli } from '../helpers/cli-context.ts';
import { firmware } from '../helpers/command.ts';

const profile = findProfile('rc-cap', { cwd: '/' });
let image: FirmwareImage;
beforeAll(async () => {
  image = await readImage(firmware, { standardInput: async () => new Uint8Array(0) });
});

const yes = async () => true;

async function run(scenario: string, interactive: boolean, confirm?: () => Promise<boolean>) {
  const events: ProgressEvent[] = [];
  const bench = createSimBench({ profile, scenario });
  const onProgress = (event: ProgressEvent) => void events.push(event);
  const result = await recover({ profile, image, bench, interactive, confirm, onProgress });
  return { result, events, bench, asked: events.filter(({ event }) => event === 'operator.asked') };
}

test('a person who is asked gets the target in, after everything else was tried', async () => {
  const { result, asked, bench } = await run('operator-helps', true, yes);
  expect(result).toMatchObject({ ok: true, method: 'manual', verified: true, application: 'seen' });
  expect(result.attempts.map(({ method }) => method)).toEqual([
    ...Array(3).fill('rc-cap'),
    ...Array(3).fill('lines'),
    'manual',
  ]);
  expect(asked).toHaveLength(1);
  const helped = bench.truth.of('fault').find(({ name }) => name === 'operator-held-boot0');
  const linesBefore = bench.truth.of('lines').filter(({ t }) => t < helped!.t);
  expect(linesBefore.at(-1)).toMatchObject({ rts: 'released', dtr: 'released' }); // nothing works against the person
});

test('a person who does not come costs two minutes, and the job ends with all that was tried', async () => {
  const { result, asked } = await run('boot0-stuck-low', true);
  expect(result).toMatchObject({ ok: false, exitCode: 4, flash: 'untouched' });
  expect(result.attempts).toHaveLength(7);
  expect(result.attempts.at(-1)).toMatchObject({ method: 'manual', outcome: 'dfu-not-seen' });
  expect(Math.round(result.attempts.at(-1)!.took / 1000)).toBe(120);
  expect(asked).toHaveLength(1);
});

test.each([
  { name: 'and cannot be asked whose it is', confirm: undefined, outcome: 'dfu-unproven', took: 15 },
  { name: 'and says that it is another board', confirm: async () => false, outcome: 'dfu-not-seen', took: 135 },
])('a person starts the ROM by hand $name: it is not opened', async ({ confirm, outcome, took }) => {
  const { result, bench } = await run('operator-helps', true, confirm);
  expect(result).toMatchObject({ ok: false, exitCode: 4, flash: 'untouched' });
  expect(result.attempts.at(-1)).toMatchObject({ method: 'manual', outcome });
  expect(Math.round(result.attempts.at(-1)!.took / 1000)).toBe(took);
  expect(result.error?.hint).toContain('--usb-path 1-2');
  expect(bench.truth.of('usb-opened')).toEqual([]);
});

test('with its USB path named nobody has to be asked whose it is', async () => {
  const bench = createSimBench({ profile, scenario: 'operator-helps' });
  const named = { ...profile, usb: { ...profile.usb, path: '1-2' } };
  const result = await recover({ profile: named, image, bench, interactive: true });
  expect(result).toMatchObject({ ok: true, method: 'manual', verified: true });
});

test('nobody is asked where nobody is there', async () => {
  const { result, asked } = await run('operator-helps', false);
  expect(result.attempts).toHaveLength(6);
  expect(asked).toEqual([]);
});

test('nobody is asked before the lines have failed', async () => {
  const { result, asked } = await run('crashed', true);
  expect(result).toMatchObject({ ok: true, method: 'rc-cap' });
  expect(asked).toEqual([]);
});

describe('on the command line', () => {
  const argv = ['recover', firmware, '-p', 'rc-cap', '--simulate', 'operator-helps'];
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return 'yes';
  };

  test('at a terminal the instruction stands out, and the person is asked whether the one that comes is this board', async () => {
    const { status, stderr, stdout } = await runCli(argv, { ask });
    expect(status).toBe(0);
    expect(questions).toEqual(["A DFU device has come at USB path 1-2. Is it this board? Type 'yes' or 'no':"]);
    expect(stderr).toMatch(/\n\n>>> Now by hand, on this board: Reference circuit.*\n\n/);
    expect(stdout).toContain('manual (nominal), attempt 7');
  });

  test('a dry run shows the rung only where somebody can be asked', async () => {
    const rung = '7. manual (nominal): asks a person';
    expect((await runCli([...argv, '--dry-run'], { ask })).stdout).toContain(rung);
    expect((await runCli([...argv, '--dry-run'])).stdout).not.toContain('manual');
  });

  test.each([
    { name: 'without a terminal', more: [], setup: {} },
    { name: 'with --json', more: ['--json'], setup: { ask } },
    { name: 'with --quiet', more: ['--quiet'], setup: { ask } },
  ])('$name nobody is asked', async ({ more, setup }) => {
    const { status, stderr, stdout } = await runCli([...argv, ...more], setup);
    expect(status).toBe(4);
    expect(stderr + stdout).not.toMatch(/manual|operator\.asked|by hand/);
  });
});

describe('the instruction names what this board has', () => {
  test.each([
    { name: 'the supply of its circuit', board: referenceBoard(), says: /BOOT0 to 3\.3 V\. 2\./ },
    { name: 'no voltage that nobody knows', board: findProfile('two-line', { cwd: '/' }), says: /BOOT0 to the supply/ },
    { name: 'BOOT1, where it counts', board: referenceBoard(), family: 'F405_407', says: /with BOOT1 low/ },
    { name: 'no BOOT1 where it does not', board: referenceBoard(), family: 'G0B1_0C1', says: /3\.3 V\. 2\./ },
    {
      name: 'the cable, where there is only that',
      board: findProfile('betaflight', { cwd: '/' }),
      says: /plug the USB/,
    },
    {
      name: 'the USB path',
      board: referenceBoard({ usb: { vendorId: '0483', productId: 'df11', path: '1-2.3' } }),
      says: /appears at USB path 1-2\.3\.$/,
    },
  ])('$name', ({ board, family, says }) => {
    expect(manualEntry(board, family === undefined ? undefined : findChip(family))).toMatch(says);
  });
});
