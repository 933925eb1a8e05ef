import { expect, test } from 'vitest';
import { builtInProfile } from '../../src/board/profile/built-in-profile.ts';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { whyNeverSwitched, withPower } from '../../src/jig/slot-power.ts';
import type { ProgressEvent } from '../../src/ops/job/events.ts';
import { recover } from '../../src/ops/recover.ts';
import type { ScenarioDifferences } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { jigPlan, slotProfile, startJig } from '../helpers/jig.ts';

const port = '1-3#1';
const rcCap = builtInProfile('rc-cap')!;

/** A job on a board whose slot has its power through a hub port. */
async function run(scenario: ScenarioDifferences) {
  const profile = withPower(rcCap, port);
  const bench = createSimBench({ profile, scenario: { name: 'port', summary: '', ...scenario } });
  const events: ProgressEvent[] = [];
  const result = await recover({ profile, bench, onProgress: (event) => events.push(event) });
  return { bench, events, result, switched: bench.truth.of('port-power') };
}

test('a port is left on where NRST does it', async () => {
  const { result, switched } = await run({});
  expect([result.ok, switched]).toEqual([true, []]);
});

test('after all that moves NRST the port is off for 2 s, with BOOT0 high when the power comes back', async () => {
  const { result, switched, bench, events } = await run({ board: { nrstOpen: true } });
  expect(result).toMatchObject({ ok: true, bootloader: 'dfu' });
  expect(events.filter(({ event }) => event === 'attempt.started').at(-1)).toMatchObject({ change: 'power cycle' });
  expect(switched.map(({ isOn }) => isOn).slice(0, 2)).toEqual([false, true]);
  expect(switched.at(-1)).toMatchObject({ isOn: true, port });
  expect(switched[1]!.t - switched[0]!.t).toBe(2_000);
  expect(bench.truth.of('boot0-sampled').find(({ boots }) => boots === 'rom')).toMatchObject({ level: 1 });
  expect(events).toContainEqual({
    event: 'note',
    message: 'the power of the target is cut and restored: hub port 1-3#1',
  });
});

test('a hub that does not switch each port is refused before anything moves', async () => {
  const { result, bench } = await run({ hubSwitching: 'together' });
  expect(result).toMatchObject({ ok: false, target: 'untouched', error: { code: 'port-power-unavailable' } });
  expect(bench.truth.of('lines')).toEqual([]);
});

test('a bench without hubs says so', async () => {
  const profile = withPower(rcCap, port);
  const { hubPorts: _none, ...bench } = createSimBench({ profile });
  expect(await recover({ profile, bench })).toMatchObject({ error: { code: 'port-power-unavailable' } });
});

test('in a station a unit whose NRST is open passes by the port of its slot, and the other slot keeps its own', async () => {
  const slots = jigPlan().slots.map(({ name, adapter, target }, index) => ({
    ...{ name, adapter, target },
    profile: withPower(slotProfile(adapter, target), index === 0 ? port : undefined),
  }));
  const jig = await startJig({
    changes: { slots, wanted: 1, simulatedUnit: () => ({ scenario: 'nrst-open', chipUid: undefined }) },
  });
  await jig.ended;
  const outcomes = jig.records.runs.map(({ request, end }) => `${request.slot} ${end?.outcome} ${end?.code ?? ''}`);
  expect(outcomes).toContain('A1 pass ');
  expect(outcomes.filter((one) => one.startsWith('A2 pass'))).toEqual([]);
});

test('a profile that cuts the power itself keeps its way; without a line that holds BOOT0 no port is switched', () => {
  const text = (commands: string, wiring: string) =>
    `id: own\ndescription: Own\ncommands: { ${commands} }\nwiring: { ${wiring}, boot0: { line: dtr, asserted: 1 } }\nmethods: [lines]\n`;
  const beside = parseProfile(text('powerCycle: [off]', 'nrst: { line: rts, asserted: 0 }'), 'own.yaml');
  const asReset = parseProfile(text('powerCycle: [off]', 'nrst: { line: none }'), 'own.yaml');
  for (const profile of [beside, asReset]) {
    expect(withPower(profile, port)).toBe(profile);
    expect(whyNeverSwitched(profile, port)).toBe('the profile own has a program that cuts the power');
  }
  expect(whyNeverSwitched(rcCap, port)).toBeUndefined();
  expect(whyNeverSwitched(builtInProfile('micropython')!, port)).toBe(
    'no line of the profile micropython holds BOOT0 high while the power comes back',
  );
  expect(withPower(rcCap, undefined)).toBe(rcCap);
});
