import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import * as machines from '../../machines/index.ts';
import { arrowsOf, type ChartState, statesOf } from '../../src/charts/machine-chart.ts';
import type { CliContext } from '../../src/cli/context.ts';
import { type Scenario, scenarioNamed } from '../../src/sim/scenarios.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import type { MachineEvent } from '../../src/trace/trace-event.ts';
import { readTrace } from '../../src/trace/trace-file.ts';
import { firmware, repository, runCli } from '../helpers/cli-context.ts';
import { f405, profileFile, wholeBoot0 } from '../helpers/profile-file.ts';

/** What whole simulated jobs record is what `machines/README.md` draws: the same machines, states, arrows and nesting. */
const folder = mkdtempSync(join(tmpdir(), 'bootctl-charted-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Large enough that a faster baud rate pays. */
const large = join(folder, 'large.bin');
const vectors = readFileSync(join(repository, firmware.replace(/hex$/, 'bin'))).subarray(0, 8);
writeFileSync(large, Buffer.concat([vectors, Buffer.alloc(200_000, 0x5a)]));

const image = [large, '--address', '0x08000000'];
const rcCap = ['--profile', 'rc-cap'];
const usart = ['--profile', 'test/fixtures/traces/usart.yaml', '--timeout', '500ms'];
const onUsb = 'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 3s }';
/** Nothing says where the target is on USB. */
const usartAppOnUsb = profileFile(
  'usart-app-on-usb',
  f405,
  wholeBoot0,
  'usart: { connected: true }',
  'methods: [rc-cap]',
  onUsb,
);
/** Opening the adapter resets the board, so that its application has to be started before it is asked. */
const askedByAdapter = profileFile(
  'asked-by-adapter',
  f405,
  wholeBoot0,
  'methods: [soft-jump]',
  'softJump: [{ trigger: klipper, via: adapter }]',
  onUsb,
);
/** No line reaches the board: once it is lost, its ROM has to come back by itself. */
const onlyAsked = profileFile(
  'only-asked',
  f405,
  'methods: [soft-jump]',
  'softJump: [{ trigger: touch-1200, via: target }]',
  'usb: { path: "1-2" }',
  onUsb,
);

/** A scenario that has no name stands behind the one of the command line. */
type Job = readonly [
  scenario: string,
  command: readonly string[],
  status: number,
  unnamed: Partial<Scenario> | undefined,
];

const jobs = (
  [
    ['crashed', ['recover', firmware, ...rcCap], 0],
    ['already-dfu', ['recover', firmware, ...rcCap, '--usb-path', '1-2'], 0],
    ['window-missed', ['enter', ...rcCap], 0],
    ['flaky-entry', ['recover', firmware, ...rcCap], 0],
    ['two-new-devices', ['recover', firmware, ...rcCap], 4],
    ['app-crashes', ['recover', firmware, ...rcCap], 8],
    ['stuck-bit', ['recover', firmware, ...rcCap], 7],
    ['target-lost-once', ['recover', firmware, ...rcCap], 0],
    ['readout-protected', ['recover', firmware, ...rcCap, '--unprotect', '--yes'], 0],
    ['boot0-stuck-low', ['recover', firmware, ...rcCap], 4],
    ['adapter-lost', ['recover', firmware, ...rcCap], 3],
    ['healthy', ['recover', firmware, '--profile', 'soft-jump'], 0],
    ['no-usb', ['recover', ...image, ...usart], 0],
    ['noisy-usart', ['recover', ...image, ...usart], 0],
    ['no-usb', ['verify', ...image, ...usart], 7],
    ['no-usb', ['recover', ...image, '--profile', usartAppOnUsb, '--timeout', '500ms'], 0],
    ['healthy', ['recover', firmware, '--profile', askedByAdapter], 0],
    [
      'already-dfu',
      ['recover', firmware, '--profile', onlyAsked],
      0,
      { startsInRom: 'dfuIDLE', cablePulled: 'for-a-moment' },
    ],
    ['operator-helps', ['enter', ...rcCap], 4],
    ['healthy', ['calibrate', ...rcCap], 0],
    ['boot0-stuck-low', ['calibrate', ...rcCap], 4],
    ['healthy', ['enter', '--profile', onlyAsked], 4, { rom: { usb: false } }],
  ] satisfies readonly (readonly [string, readonly string[], number, Partial<Scenario>?])[]
).map(([scenario, command, status, unnamed]): Job => [scenario, command, status, unnamed]);

const charts = new Map(Object.values(machines).map(({ id, root }) => [id, root as ChartState]));

/** `from` and `to` are states; `to` of a machine's first step comes from nowhere. */
const arrowNames = (root: ChartState): readonly string[] => {
  const always = arrowsOf(root).flatMap(({ to }) => (to === undefined ? [] : [to]));
  return statesOf(root).flatMap((state) =>
    [...arrowsOf(state).map(({ to }) => to), ...(state.type === 'final' ? [] : always)]
      .filter((to) => to !== undefined)
      .map((to) => `${state.key} -> ${to}`),
  );
};

interface Seen {
  readonly arrows: Set<string>;
  readonly nesting: Set<string>;
}

/** Follows the steps of a job: a machine that starts runs in the state of the one that started before and has not ended. */
function follow(steps: readonly MachineEvent[], seen: Seen): void {
  const running: { machine: string; state: string }[] = [];
  for (const { machine, state, cause } of steps) {
    if (cause === 'init') {
      const parent = running.at(-1);
      if (parent) seen.nesting.add(`${parent.machine} ${parent.state} runs ${machine}`);
      running.push({ machine, state });
    } else {
      const at = running.findLastIndex((one) => one.machine === machine);
      seen.arrows.add(`${machine}: ${running[at]?.state} -> ${state}`);
      // Whatever it had started has ended with the state that ran it.
      running.splice(at, running.length, { machine, state });
    }
    if (charts.get(machine)?.states[state]?.type === 'final') running.pop();
  }
}

const stepsOf = async (file: string): Promise<readonly MachineEvent[]> =>
  (await readTrace(file)).events.filter((event) => event.event === 'machine.state');

const benchFor =
  (unnamed: Partial<Scenario>): CliContext['openBench'] =>
  async ({ profile, scenario }) =>
    createSimBench({ profile: profile!, scenario: { ...scenarioNamed(scenario!), ...unnamed } });

async function record(...[scenario, command, status, unnamed]: Job): Promise<string> {
  const file = join(folder, `${jobs.findIndex(([one, its]) => one === scenario && its === command)}.trace`);
  const run = await runCli(
    [...command, '--simulate', scenario, '--trace', file],
    unnamed ? { openBench: benchFor(unnamed) } : {},
  );
  expect(run.status, run.stderr).toBe(status);
  return file;
}

describe('jobs as they were traced', () => {
  const seen: Seen = { arrows: new Set(), nesting: new Set() };

  test.each(jobs)('%s: %j', async (...job) => {
    const steps = await stepsOf(await record(...job));
    expect(steps.length).toBeGreaterThan(3);
    const unknown = steps.filter(({ machine, state }) => !charts.get(machine)?.states[state]);
    expect(unknown).toEqual([]);
    follow(steps, seen);
  });

  test('went only along arrows of the charts', () => {
    const drawn = [...charts].flatMap(([id, root]) => arrowNames(root).map((arrow) => `${id}: ${arrow}`));
    expect(seen.arrows.size).toBeGreaterThan(40);
    expect([...seen.arrows].filter((arrow) => !drawn.includes(arrow))).toEqual([]);
  });

  test('ran each machine in just the states whose `meta` says so', () => {
    // A jig runs its jobs in processes of their own: no trace has it.
    const ofJobs = [...charts].filter(([id]) => id !== 'station' && id !== 'slot');
    const said = ofJobs.flatMap(([id, root]) =>
      statesOf(root).flatMap(({ key, meta }) => (meta?.runs ?? []).map((child) => `${id} ${key} runs ${child}`)),
    );
    expect([...seen.nesting].toSorted()).toEqual(said.toSorted());
  });
});

test('`bootctl trace` names the machines and states of the file', async () => {
  const file = await record(...jobs[0]!);
  const { stdout } = await runCli(['trace', file]);
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/));
  const names = rows.flatMap(([, , , , machine, state]) => (charts.has(machine ?? '') ? [`${machine} ${state}`] : []));
  expect(names).toEqual((await stepsOf(file)).map(({ machine, state }) => `${machine} ${state}`));
});
