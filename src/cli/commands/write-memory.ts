import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { refuseFlash, writeMemory } from '../../ops/write-memory.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { insistOnYes } from '../given/insist-on-yes.ts';
import {
  alternateOption,
  type CliOptions,
  entryOptions,
  outputOptions,
  withOptions,
  yesOption,
} from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl write-memory memory.bin --profile rc-cap
  bootctl write-memory memory.bin --profile rc-cap --json`;

/** Option bytes and the like: whole, and only with `--yes`. */
export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument('<file>', 'the bytes, raw')
    .option(...alternateOption)
    .option(...yesOption)
    .addHelpText('after', examples)
    .action(async (path: string, options: CliOptions) => {
      let data = new Uint8Array(0);
      const alternate = options.alt ?? 0;
      const exit = await runVerb(context, options, [], {
        prepare: async () => {
          refuseFlash(alternate);
          insistOnYes(options, 'Writing option bytes or OTP', 'it can lock the target for good');
          data = await bytesOf(context, path);
        },
        run: (spec) => writeMemory({ ...spec, alternate, data }),
        done: ({ written }) =>
          `memory ${alternate} is written${written?.readBack === 'same' ? ' and was read back' : `, but could not be read back: ${written?.message}`}`,
      });
      onExit(exit);
    });
  withOptions(command, context.env, [...entryOptions, ...outputOptions]);
};

const bytesOf = ({ cwd }: CliContext, path: string): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(resolve(cwd, path)).catch((cause: Error) => {
    throw new BootctlError('image-unreadable', `${path} cannot be read: ${cause.message}`, { cause });
  });
