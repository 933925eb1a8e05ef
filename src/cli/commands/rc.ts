import type { DefineCommand } from '../context.ts';
import { analyseCommand } from './rc/analyse.ts';
import { designCommand } from './rc/design.ts';

const examples = `
Examples:
  bootctl rc analyse --profile ./my-board.yaml             does this capacitor do, on every board?
  bootctl rc analyse --profile ./my-board.yaml --dielectric X5R
  bootctl rc analyse --profile rc-cap --boards 100000 --seed 7 --svg margin.svg
  bootctl rc design --family F405_407 --write my-board.yaml   which parts to solder`;

/** The RC circuit on BOOT0: what it promises, and which parts it should have. Nothing is opened. */
export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', examples);
  command.addCommand(analyseCommand(context));
  command.addCommand(designCommand(context));
};
