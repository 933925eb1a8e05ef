import { BootctlError } from '../../base/errors.ts';
import type { CommandStep } from '../plan/jig-plan.ts';
import { commandAnswer } from '../slot/command-answer.ts';
import type { RunJson } from '../slot/steps.ts';
import type { AskGate } from './station-spec.ts';

/** Asks the program of jig.yaml whether a unit may be made; what it does not allow is refused. */
export const gateOf = (gate: CommandStep | undefined, runJson: RunJson): AskGate | undefined =>
  gate &&
  (async (unit, signal) => {
    const { isOk, reason } = commandAnswer(await runJson(gate.command, unit, gate.timeout, signal));
    if (!isOk) throw new BootctlError('unit-refused', `The gate refuses this unit: ${reason ?? 'it gives no reason'}`);
  });
