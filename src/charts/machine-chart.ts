/** An xstate action or guard where a machine uses it: its name, or its name with parameters. */
export type Named = unknown;

/** The properties of an xstate state node that a chart needs. `machine.root` is such a node. */
export interface ChartState {
  readonly key: string;
  readonly type: string;
  readonly description?: string | undefined;
  /** `runs`: ids of the machines that the operation behind this state's actor runs. */
  readonly meta?: { readonly runs?: readonly string[] } | undefined;
  readonly states: Readonly<Record<string, ChartState>>;
  readonly initial?: { readonly target?: readonly ChartState[] | undefined } | undefined;
  readonly entry: readonly Named[];
  readonly exit: readonly Named[];
  readonly invoke: readonly { readonly src: unknown }[];
  readonly transitions: ReadonlyMap<string, readonly ChartTransition[]>;
  readonly always?: readonly ChartTransition[] | undefined;
}

/** A transition of a state node. */
export interface ChartTransition {
  readonly target?: readonly ChartState[] | undefined;
  readonly guard?: Named;
  readonly actions: readonly Named[];
}

/** The properties of an xstate machine that a chart needs. */
export interface ChartedMachine {
  readonly id: string;
  readonly root: ChartState;
}

/** One transition, in words. */
export interface Arrow {
  readonly from: string;
  /** The event that leads to it. Empty for an immediate transition. */
  readonly event: string;
  readonly guard: string;
  /** Undefined where the machine stays in its state. */
  readonly to: string | undefined;
  readonly actions: readonly string[];
}

/** All states of a machine, each before those that lie in it. No two have the same name. */
export const statesOf = ({ states }: ChartState): readonly ChartState[] =>
  Object.values(states).flatMap((state) => [state, ...statesOf(state)]);

/** An event in short: xstate names those of actors and delays after the state that waits for them. */
function eventName(type: string): string {
  const [, actor] = /^xstate\.(done|error)\./.exec(type) ?? [];
  const [, delay] = /^xstate\.after\.([^.]+)\./.exec(type) ?? [];
  return actor ?? (delay === undefined ? type : `after ${delay}`);
}

/** The name of an action or a guard, with a parameter that is a plain word. */
export function nameOf(named: Named): string {
  if (typeof named === 'string') return named;
  if (typeof named !== 'object' || named === null || !('type' in named)) return '';
  const params = 'params' in named && typeof named.params === 'string' ? ` ${named.params}` : '';
  return `${String(named.type)}${params}`;
}

/** The transitions of a state, in the order in which the machine tries those of one event. */
export function arrowsOf(state: ChartState): readonly Arrow[] {
  const ofEvents = [...state.transitions].map(([type, all]) => [eventName(type), all] as const);
  return [...ofEvents, ['', state.always ?? []] as const].flatMap(([event, all]) =>
    all.map(({ guard, target, actions }) => ({
      from: state.key,
      event,
      guard: guard === undefined ? '' : nameOf(guard),
      to: target?.[0]?.key,
      actions: actions.map(nameOf),
    })),
  );
}

const labelOf = ({ event, guard }: Arrow): string => [event, guard && `[${guard}]`].filter(Boolean).join(' ');

/** One line for all arrows between two states: side by side they would make the chart wider than a phone. */
function line(from: string, to: string, arrows: readonly Arrow[]): string {
  const labels = arrows.map(labelOf).filter(Boolean);
  return `  ${from} --> ${to}${labels.length > 0 ? ` : ${labels.join('<br>')}` : ''}`;
}

/** The arrows that begin in a state. */
function linesFrom(state: ChartState): readonly string[] {
  const arrows = arrowsOf(state);
  const targets = new Set(arrows.flatMap(({ to }) => (to === undefined ? [] : [to])));
  const lines = [...targets].map((to) =>
    line(
      state.key,
      to,
      arrows.filter((arrow) => arrow.to === to),
    ),
  );
  return state.type === 'final' ? [...lines, line(state.key, '[*]', [])] : lines;
}

/** The states that lie in others, in boxes. Arrows follow them: Mermaid puts what an arrow in a box names into that box. */
const boxes = (state: ChartState): readonly string[] =>
  Object.values(state.states).flatMap((child) => {
    const inner = Object.values(child.states);
    if (inner.length === 0) return [];
    const names = inner.filter(({ states }) => Object.keys(states).length === 0).map(({ key }) => `  ${key}`);
    return [
      `  state ${child.key} {`,
      ...[...startOf(child), ...names, ...boxes(child)].map((text) => `  ${text}`),
      '  }',
    ];
  });

const startOf = ({ initial }: ChartState): readonly string[] =>
  (initial?.target ?? []).map(({ key }) => line('[*]', key, []));

/** A machine as a Mermaid state diagram. */
export const machineChart = (root: ChartState): string =>
  ['stateDiagram-v2', ...startOf(root), ...boxes(root), ...statesOf(root).flatMap(linesFrom)].join('\n');
