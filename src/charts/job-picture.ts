import { box, type Colour, label, type Point, picture, smallWidth } from '../board/pictures/svg.ts';
import { type ChartedMachine, type ChartState, statesOf } from './machine-chart.ts';
import { allInOrder, runsOf, topMachines } from './machine-tree.ts';

/** All in user units of the picture. */
const rowHeight = 18;
const headHeight = 28;
const gap = { column: 110, box: 22 };
const margin = { left: 24, top: 64, right: 24, bottom: 44 };
/** One a machine, in the order of the tree; the way to it has the same. */
const colours: readonly Colour[] = ['ink', 'boot0', 'dtr', 'rts', 'nrst'];

interface Placed {
  readonly machine: ChartedMachine;
  readonly states: readonly ChartState[];
  readonly colour: Colour;
  readonly at: Point;
  readonly size: Point;
}

/** Columns of a machine: one more than that of the deepest machine that runs it. */
function depthsOf(machines: readonly ChartedMachine[]): ReadonlyMap<string, number> {
  const depths = new Map(machines.map(({ id }) => [id, 0]));
  const deepen = (machine: ChartedMachine, depth: number): void => {
    depths.set(machine.id, Math.max(depth, depths.get(machine.id)!));
    for (const child of runsOf(machine)) deepen(machines.find(({ id }) => id === child)!, depth + 1);
  };
  for (const machine of machines.filter(({ id }) => topMachines.includes(id))) deepen(machine, 0);
  return depths;
}

const widthOf = (machine: ChartedMachine): number =>
  Math.max(...[machine.id, ...statesOf(machine.root).map(({ key }) => key)].map(smallWidth)) * 1.15 + 34;

const heightOf = ({ root }: ChartedMachine): number => headHeight + statesOf(root).length * rowHeight + 8;
const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Places the machines in columns, and those of a column evenly over the height of the longest one. */
function place(machines: readonly ChartedMachine[]): readonly Placed[] {
  const depths = depthsOf(machines);
  const columns = Array.from({ length: Math.max(...depths.values()) + 1 }, (_, depth) =>
    machines.filter(({ id }) => depths.get(id) === depth),
  );
  const heights = columns.map((column) => sumOf(column.map(heightOf)));
  const whole = Math.max(...columns.map((column, index) => heights[index]! + (column.length - 1) * gap.box));
  return columns.flatMap((column, index) => {
    const width = Math.max(...column.map(widthOf));
    const left = margin.left + sumOf(columns.slice(0, index).map((one) => Math.max(...one.map(widthOf)) + gap.column));
    const space = (whole - heights[index]!) / (column.length + 1);
    const isLongest = space < gap.box;
    return column.map((machine, at): Placed => {
      const above = sumOf(column.slice(0, at).map(heightOf));
      return {
        machine,
        states: statesOf(machine.root),
        colour: colours[machines.indexOf(machine) % colours.length]!,
        at: [left, margin.top + above + (isLongest ? at * gap.box : (at + 1) * space)],
        size: [width, heightOf(machine)],
      };
    });
  });
}

const rowAt = ({ at: [x, y], size: [width] }: Placed, index: number): Point => [
  x + width,
  y + headHeight + index * rowHeight + rowHeight / 2,
];

function drawMachine(placed: Placed): readonly string[] {
  const { machine, states, colour, at, size } = placed;
  const [x, y] = at;
  return [
    box(at, size, 'panel', colour, 6),
    label([x + 12, y + 19], machine.id, { style: 'strong', colour }),
    ...states.map((state, index) =>
      label([x + 12, rowAt(placed, index)[1] + 4], state.key, {
        style: 'small',
        colour: state.type === 'final' ? 'muted' : 'ink',
      }),
    ),
  ];
}

/** From the state that runs a machine to the head of that machine. */
function drawWays(placed: Placed, all: readonly Placed[]): readonly string[] {
  return placed.states.flatMap((state, index) =>
    (state.meta?.runs ?? []).map((id) => {
      const child = all.find(({ machine }) => machine.id === id)!;
      const [x1, y1] = rowAt(placed, index);
      const [x2, y2] = [child.at[0], child.at[1] + headHeight / 2];
      const bend = (x2 - x1) / 2;
      const path = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
      return `<path d="${path}" class="line s-${child.colour}"/>`;
    }),
  );
}

/** Machines that run another one or are run by one: the others have no line to follow. */
function tiedTogether(machines: readonly ChartedMachine[]): readonly ChartedMachine[] {
  const run = new Set(machines.flatMap(runsOf));
  return machines.filter((machine) => run.has(machine.id) || runsOf(machine).length > 0);
}

/** `machines/job.svg`: which state of which machine runs which machine, starting with the first machine. */
export function jobPicture(machines: readonly ChartedMachine[]): string {
  const placed = place(tiedTogether(allInOrder(machines)));
  const right = Math.max(...placed.map(({ at, size }) => at[0] + size[0])) + margin.right;
  const bottom = Math.max(...placed.map(({ at, size }) => at[1] + size[1]));
  const title = 'One job as a tree of machines: each line leads from a state to the machine that runs in it';
  return picture([right, bottom + margin.bottom], title, [
    label([margin.left, 36], 'One job: a line leads from a state to the machine that runs in it', { style: 'title' }),
    ...placed.flatMap((one) => drawWays(one, placed)),
    ...placed.flatMap(drawMachine),
    label([margin.left, bottom + 28], 'Final states are grey.', { style: 'small', colour: 'muted' }),
  ]);
}
