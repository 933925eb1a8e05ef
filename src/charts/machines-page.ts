import {
  type Arrow,
  arrowsOf,
  type ChartedMachine,
  type ChartState,
  machineChart,
  nameOf,
  statesOf,
} from './machine-chart.ts';
import { allInOrder, runsOf } from './machine-tree.ts';

const introduction = `# The machines

This page is generated from the machines; a test fails where it differs from them. After a change: \`npm run charts\`.

A machine decides what comes next and does no I/O. Each state that has something to do invokes an actor, and \`src/ops\`
provides it. Some of these actors run another machine, which is their child: a job is one tree.`;

const legend = `An arrow is labelled \`event [guard]\`. \`done\` and \`error\` are the end of the state's actor. The arrows of one event are
tried in the order of the table *Transitions*. \`bootctl … --trace\` and \`bootctl trace\` name the same states.`;

/** Which machine runs which, as a Mermaid flow chart. */
const treeChart = (machines: readonly ChartedMachine[]): string =>
  [
    'flowchart TD',
    ...machines.flatMap((machine) => runsOf(machine).map((child) => `  ${machine.id} --> ${child}`)),
  ].join('\n');

const mermaid = (chart: string): string => `\`\`\`mermaid\n${chart}\n\`\`\``;
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);
const list = (texts: readonly string[]): string => texts.map(code).join(', ');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** `bootEntry` lies in `boot-entry.machine.ts`. */
const fileOf = (id: string): string => `${id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.machine.ts`;
const linkTo = (id: string): string => `[${id}](#${id.toLowerCase()})`;

function actorOf({ invoke, meta }: ChartState): string {
  const actors = list(invoke.map(({ src }) => String(src)));
  return meta?.runs ? `${actors}, runs ${meta.runs.map(linkTo).join(' and ')}` : actors;
}

function nextOf(state: ChartState): string {
  if (state.type === 'final') return 'the end';
  return list([...new Set(arrowsOf(state).flatMap(({ to }) => (to === undefined ? [] : [to])))]);
}

/** Facts that apply in every state of a machine. */
function always(root: ChartState): readonly string[] {
  const facts = [
    ...root.invoke.map(({ src }) => `the actor ${code(String(src))} runs`),
    ...arrowsOf(root).map(({ event, to, actions }) =>
      to === undefined ? `${code(event)} is noted (${list(actions)})` : `${code(event)} leads to ${code(to)}`,
    ),
  ];
  return facts.length > 0 ? [`In every state: ${facts.join('; ')}.`] : [];
}

/** Actions on entry or exit of states, whichever transition leads there. */
function atBorder(root: ChartState, border: 'entry' | 'exit'): readonly string[] {
  const named = [root, ...statesOf(root)].map(
    (state) => [state.key, state[border].map(nameOf).filter(Boolean)] as const,
  );
  const facts = named.flatMap(([key, names]) => (names.length > 0 ? [`${code(key)}: ${list(names)}`] : []));
  return facts.length > 0 ? [`On ${border} of ${facts.join('; ')}.`] : [];
}

const transitionRow = ({ from, event, guard, to, actions }: Arrow): readonly string[] =>
  [from, event, guard, to ?? from].map(code).concat(list(actions));

function section({ id, root }: ChartedMachine): string {
  const states = statesOf(root).map((state) => [
    code(state.key),
    state.description ?? '',
    actorOf(state),
    nextOf(state),
  ]);
  const rows = [
    ...statesOf(root).flatMap(arrowsOf).map(transitionRow),
    ...arrowsOf({ ...root, key: 'any' }).map(transitionRow),
  ];
  return [
    `## ${id}`,
    `[\`${fileOf(id)}\`](${fileOf(id)}): ${root.description ?? ''}`,
    mermaid(machineChart(root)),
    ...always(root),
    table(['state', 'what happens', 'actor', 'may go to'], states),
    '<details><summary>Transitions</summary>',
    table(['in', 'on', 'if', 'to', 'and'], rows),
    ...atBorder(root, 'entry'),
    ...atBorder(root, 'exit'),
    '</details>',
  ].join('\n\n');
}

/** The text of `machines/README.md`, for the machines at the top and all that they run. */
export function machinesPage(machines: readonly ChartedMachine[]): string {
  const sorted = allInOrder(machines);
  return `${[introduction, mermaid(treeChart(sorted)), legend, ...sorted.map(section)].join('\n\n')}\n`;
}
