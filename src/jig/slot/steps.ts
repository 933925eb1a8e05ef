import { BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { CommandStep, JigStep } from '../plan/jig-plan.ts';
import { commandAnswer } from './command-answer.ts';
import type { Figure } from './slot-messages.ts';
import type { StepWork } from './slot-server.ts';
import { talk } from './talk.ts';

/** Runs a program with one JSON value on its standard input. @throws BootctlError `command-missing`, `command-failed`, `command-timeout` */
export type RunJson = (
  argv: readonly string[],
  input: object,
  timeout: Milliseconds,
  signal: AbortSignal,
) => Promise<string>;

/** Does a step of jig.yaml. @throws BootctlError `step-failed` where the unit is bad; others where the station is not in order */
export const stepRunner =
  (runJson: RunJson) =>
  (step: JigStep, work: StepWork): Promise<readonly Figure[]> =>
    'command' in step ? runCommand(step, work, runJson) : talk(step, work);

async function runCommand(step: CommandStep, work: StepWork, runJson: RunJson): Promise<readonly Figure[]> {
  const { job, setup, result, signal } = work;
  const input = { step: step.name, ...job.unit, simulated: setup.simulated !== undefined, result };
  const text = await runJson(step.command, input, step.timeout, signal).catch((error: unknown) => {
    const isVerdict = isBootctlError(error, 'command-failed') || isBootctlError(error, 'command-timeout');
    throw isVerdict ? new BootctlError('step-failed', error.message, { cause: error }) : error;
  });
  const { isOk, reason, figures } = commandAnswer(text);
  if (!isOk) throw new BootctlError('step-failed', reason ?? 'it said that the unit is not in order');
  return figures;
}
