import { type ChartedMachine, statesOf } from './machine-chart.ts';

/** Ids of the machines that one machine's actors run. */
export const runsOf = ({ root }: ChartedMachine): readonly string[] => [
  ...new Set(statesOf(root).flatMap(({ meta }) => meta?.runs ?? [])),
];

/** The machine `id` and all below it, each once, after the one that runs it. */
export function inOrder(
  machines: readonly ChartedMachine[],
  id: string,
  seen: Set<string> = new Set(),
): readonly ChartedMachine[] {
  const machine = machines.find((one) => one.id === id);
  if (!machine || seen.has(id)) return [];
  seen.add(id);
  return [machine, ...runsOf(machine).flatMap((child) => inOrder(machines, child, seen))];
}

/**
 * The pages begin with these: the main job, the calibration, the learning of a board; a jig, whose slots run the main job,
 * what finds its slots, and its link to a fleet; the worker of a rack.
 */
export const topMachines: readonly string[] = [
  'recover',
  'calibration',
  'learning',
  'station',
  'pairing',
  'fleetLink',
  'rackWorker',
];

/** All machines, each after the one that runs it. */
export function allInOrder(machines: readonly ChartedMachine[]): readonly ChartedMachine[] {
  const seen = new Set<string>();
  return topMachines.flatMap((id) => inOrder(machines, id, seen));
}
