import { type BootctlError, isBootctlError } from '../../base/errors.ts';
import type { HostCommands } from '../../bench/host-commands.ts';
import type { JigPlan } from '../plan/jig-plan.ts';
import { type JigCheck, type JigFacts, ok, problem } from './jig-finding.ts';

/** Which programs of the plan this host does not have. */
export const programs: JigCheck = ({ jig, programs: all }) =>
  all.map(({ path, name, trouble }) =>
    trouble ? problem(jig.lineAt(path, trouble.message), trouble.hint) : ok(`${name}: its program is there`),
  );

/** Looks for each program of a plan without starting it. */
export async function programsOf(
  { gate, before, after }: JigPlan,
  commands: HostCommands | undefined,
): Promise<JigFacts['programs']> {
  const all = [
    ...(gate ? [{ path: ['gate', 'command'], step: gate }] : []),
    ...before.map((step, index) => ({ path: ['before', index, 'command'], step })),
    ...after.map((step, index) => ({ path: ['after', index, 'command'], step })),
  ];
  const found = all.map(async ({ path, step }) => {
    if (!('command' in step)) return [];
    const [program = '', ...rest] = step.command;
    const trouble = await commands?.check([program, ...rest]).then(() => undefined, onlyBootctlErrors);
    return [{ path, name: step.name, trouble }];
  });
  return (await Promise.all(found)).flat();
}

/** Throws every other one. */
export function onlyBootctlErrors(error: unknown): BootctlError {
  if (isBootctlError(error)) return error;
  throw error;
}
