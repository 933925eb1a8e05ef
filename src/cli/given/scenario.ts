import { BootctlError } from '../../base/errors.ts';
import type { CliOptions } from './options.ts';

/** Name of the scenario of `--simulate`; undefined for real hardware. @throws BootctlError `usage` where it took an image for one */
export async function givenScenario({ simulate }: CliOptions, image?: string): Promise<string | undefined> {
  if (simulate === undefined) return undefined;
  if (simulate === true) return (await import('../../sim/scenarios.ts')).defaultScenario;
  if (image === undefined && /[./\\]/.test(simulate)) {
    throw new BootctlError('usage', `--simulate took ${JSON.stringify(simulate)} for the name of a scenario`, {
      hint: `Put the image before it: \`bootctl recover ${simulate} --simulate\`.`,
    });
  }
  return simulate;
}
