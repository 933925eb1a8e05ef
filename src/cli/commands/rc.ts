import type { DefineCommand } from '../context.ts';
import { analyseCommand } from './rc/analyse.ts';

const examples = `
Examples:
  bootctl rc analyse --profile ./my-board.yaml             does this capacitor do, on every board?
  bootctl rc analyse --profile ./my-board.yaml --dielectric X5R
  bootctl rc analyse --profile rc-cap --boards 100000 --seed 7 --svg margin.svg`;

/** The RC circuit on BOOT0: what it promises. Nothing is opened. */
export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', examples);
  command.addCommand(analyseCommand(context));
};
