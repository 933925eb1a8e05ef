import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as machines from '../../machines/index.ts';
import { jobPicture } from '../../src/charts/job-picture.ts';
import { type ChartState, machineChart, nameOf, statesOf } from '../../src/charts/machine-chart.ts';
import { machinesPage } from '../../src/charts/machines-page.ts';
import { root, sourceFiles } from '../helpers/source-files.ts';

const all = Object.values(machines);
const page = machinesPage(all);
/** Each machine's root and its states. */
const nodes = all.flatMap(({ id, root: machine }) =>
  [machine, ...statesOf(machine)].map((state) => ({ id, state: state as ChartState, name: `${id}: ${state.key}` })),
);

test('machines/README.md is what the machines are today', () => {
  const committed = readFileSync(join(root, 'machines/README.md'), 'utf8');
  expect(committed === page, 'stale: run `npm run charts`').toBe(true);
});

test('machines/job.svg is what the machines are today', () => {
  const committed = readFileSync(join(root, 'machines/job.svg'), 'utf8');
  expect(committed === jobPicture(all), 'stale: run `npm run charts`').toBe(true);
});

test('the picture has a line for each machine that a state runs, and no machine that has no line', () => {
  const picture = jobPicture(all);
  const ways = nodes.flatMap(({ id, state }) => (state.meta?.runs ?? []).map((child) => ({ id, child })));
  expect(picture.match(/class="line /g)).toHaveLength(ways.length);
  const tied = new Set(ways.flatMap(({ id, child }) => [id, child]));
  const drawn = all.filter(({ id }) => picture.includes(`>${id}</text>`)).map(({ id }) => id);
  expect(drawn.toSorted()).toEqual([...tied].toSorted());
  expect(drawn).toContain('recover');
});

test('every machine is exported and on the page, with a link to its file', () => {
  const files = sourceFiles('machines').filter(({ path }) => path.endsWith('.machine.ts'));
  expect(all.length).toBe(files.length);
  const linked = [...page.matchAll(/^\[`[^`]+`\]\(([^)]+)\):/gm)].map(([, file]) => `machines/${file}`);
  expect(linked.toSorted()).toEqual(files.map(({ path }) => path).toSorted());
});

test('every link inside the page leads to a machine of it', () => {
  const anchors = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  expect(anchors.length).toBeGreaterThan(0);
  expect(anchors.filter((anchor) => !headings.includes(anchor!))).toEqual([]);
});

test('no two states of a machine have the same name: charts and traces name them', () => {
  const names = nodes.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test('every machine and every state is described by a sentence', () => {
  expect(nodes.length).toBeGreaterThan(40);
  expect(
    nodes.filter(({ state }) => !/^[A-Z`].{15,}\.$/.test(state.description ?? '')).map(({ name }) => name),
  ).toEqual([]);
});

test('every action, guard, delay and actor is a name that the machine has an implementation for', () => {
  const unnamed = all.flatMap(({ id, root: machine, implementations }) => {
    const has = (kind: 'actions' | 'guards' | 'actors', named: unknown) =>
      Object.hasOwn(implementations[kind], nameOf(named).split(' ')[0]!);
    return [machine, ...statesOf(machine)].flatMap((state: ChartState) => {
      const transitions = [...[...state.transitions.values()].flat(), ...(state.always ?? [])];
      const delays = [...state.transitions.keys()].flatMap((type) => /^xstate\.after\.([^.]+)/.exec(type)?.[1] ?? []);
      return [
        ...[...withoutTimers(state, delays.length), ...transitions.flatMap(({ actions }) => actions)].filter(
          (action) => !has('actions', action),
        ),
        ...transitions.flatMap(({ guard }) => (guard === undefined || has('guards', guard) ? [] : [guard])),
        ...state.invoke.flatMap(({ src }) => (has('actors', src) ? [] : [src])),
        ...delays.filter((delay) => !Object.hasOwn(implementations.delays, delay)),
      ].map((named) => `${id}: ${state.key}: ${nameOf(named) || String(named)}`);
    });
  });
  expect(unnamed).toEqual([]);
});

/** The actions on entry and exit, without those by which xstate starts and cancels the timers of `after`. */
function withoutTimers({ entry, exit }: ChartState, timers: number): readonly unknown[] {
  const isOwn = (type: string) => (action: unknown) =>
    typeof action === 'function' && 'type' in action && action.type === type;
  const starts = entry.filter(isOwn('xstate.raise')).slice(0, timers);
  const cancels = exit.filter(isOwn('xstate.cancel')).slice(0, timers);
  return [...entry, ...exit].filter((action) => ![...starts, ...cancels].includes(action));
}

test('a chart has a line for each pair of states, and on it each transition with event and guard', () => {
  const state = (key: string, more: Partial<ChartState>): ChartState => ({
    ...{ key, type: 'atomic', states: {}, entry: [], exit: [], invoke: [], transitions: new Map() },
    ...more,
  });
  const end = state('end', { type: 'final' });
  const to = (guard?: unknown) => [{ target: [end], guard, actions: [] }];
  const start = state('start', {
    transitions: new Map([
      ['xstate.done.actor.0.m.start', to({ type: 'fits', params: 'well' })],
      ['xstate.after.timeout.m.start', to()],
    ]),
    always: to('isOver'),
  });
  const machine = state('m', { states: { start, end }, initial: { target: [start] } });
  expect(machineChart(machine).split('\n')).toEqual([
    'stateDiagram-v2',
    '  [*] --> start',
    '  start --> end : done [fits well]<br>after timeout<br>[isOver]',
    '  end --> [*]',
  ]);
});
