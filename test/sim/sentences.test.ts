import { describe, expect, test } from 'vitest';
import { BootctlError, errorCodes } from '../../src/base/errors.ts';
import { findProfile } from '../../src/board/profile/find-profile.ts';
import { causeNames } from '../../src/ops/entry/diagnose.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { runCommand } from '../helpers/command.ts';
import { profileFile, wholeBoot0 } from '../helpers/profile-file.ts';
import { hardwareHints, type Sentence, sentences, type World } from '../helpers/sentences.ts';

const onUsb = 'application: { expect: usb, vendorId: "cafe", productId: "cafe", timeout: 5s }';
const onSerial = 'application: { expect: serial, match: "ready", timeout: 5s }';
const asked = 'softJump: [{ trigger: serial-command, send: "bootloader\\r\\n", via: target }]';
let made = 0;

function profileOf(
  { family = 'F405_407', methods = 'lines', usart, path, ...world }: World,
  application: string,
): string {
  made += 1;
  return profileFile(
    `sentence-${made}`,
    `target: { family: ${family} }`,
    `methods: [${methods}]`,
    methods === 'rc-cap' ? wholeBoot0 : '',
    methods === 'soft-jump' ? asked : '',
    usart ? 'usart: { connected: true }' : '',
    path === undefined ? '' : `usb: { path: "${path}" }`,
    world.usb ?? '',
    application,
  );
}

/** Runs the boot entry in this world; all that it says of causes, and what really happened. */
async function enter(world: World) {
  const { scenario, firmware, unknownApplication } = world;
  const application = world.onSerial ? onSerial : onUsb;
  const board = findProfile(profileOf(world, application), { cwd: '/' });
  const bench = createSimBench({ profile: board, scenario, ...(firmware ? { firmware } : {}) });
  const told = profileOf(world, unknownApplication ? 'application: { expect: none }' : application);
  const argv = ['enter', '--profile', told, '--simulate', scenario, '--port', '/dev/ttySIM0', '--json'];
  const { result, truth } = await runCommand(argv, { bench });
  const diagnosis = result.diagnosis as { cause: string; evidence: string; advice: string }[];
  const said = [...diagnosis.flatMap(({ evidence, advice }) => [evidence, advice]), JSON.stringify(result.error)];
  return { truth, diagnosis, said };
}

const nameOf = ({ of, says }: Sentence) => `${of}: ${says.source}`;

describe.each(sentences.map((sentence) => ({ name: nameOf(sentence), ...sentence })))('$name', (sentence) => {
  test('is said where it is true', async () => {
    const { truth, diagnosis } = await enter(sentence.trueIn);
    expect(sentence.because(truth)).toBe(true);
    const own = diagnosis.filter(({ cause }) => cause === sentence.of);
    expect(own.map(({ evidence, advice }) => `${evidence}. ${advice}`)).toEqual([expect.stringMatching(sentence.says)]);
  });

  test.each(sentence.falseIn)('is not said in $scenario', async (world) => {
    const { said } = await enter(world);
    expect(said.filter((text) => sentence.says.test(text))).toEqual([]);
  });
});

test('every cause has a sentence here, each with a world of either kind and what it needs', () => {
  expect([...new Set(sentences.map(({ of }) => of))].sort()).toEqual([...causeNames].sort());
  for (const { falseIn, needs } of sentences) {
    expect(falseIn.length).toBeGreaterThan(0);
    expect(needs).toMatch(/\w{3}/);
  }
});

test('every general hint that names hardware is in the table, with the observation that it needs', () => {
  const hardware = /\b(NRST|BOOT0|cable|crystal|wires?|power|ground|hub|plug|TX)\b/i;
  const naming = errorCodes.filter((code) => hardware.test(new BootctlError(code, 'made up').hint));
  expect(naming.filter((code) => !(code in hardwareHints))).toEqual([]);
  expect(Object.keys(hardwareHints).filter((code) => !naming.some((one) => one === code))).toEqual([]);
});
