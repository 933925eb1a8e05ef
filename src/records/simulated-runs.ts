import { BootctlError } from '../base/errors.ts';
import type { Sqlite } from './sqlite.ts';

const mark = ' simulated';

/** What a run has as its version of bootctl. */
export const versionOf = (version: string, isSimulated: boolean): string => `${version}${isSimulated ? mark : ''}`;

export const isSimulatedRun = ({ bootctl }: { readonly bootctl: string }): boolean => bootctl.endsWith(mark);

/** One file never holds both: a simulated unit would take the serial number of a real one. @throws BootctlError `records-mixed` */
export function refuseOtherKind(sqlite: Sqlite, path: string, isSimulated: boolean): void {
  const [run] = sqlite.all<{ bootctl: string }>('SELECT bootctl FROM run ORDER BY seq LIMIT 1');
  if (!run || isSimulatedRun(run) === isSimulated) return;
  const [has, wanted] = isSimulated ? ['real', 'simulated'] : ['simulated', 'real'];
  throw new BootctlError('records-mixed', `${path} holds runs of ${has} units: ${wanted} ones do not belong there`);
}
