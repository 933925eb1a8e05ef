import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import { address32, amount } from '../../base/text.ts';
import { read } from '../../ops/read.ts';
import type { DefineCommand } from '../context.ts';
import {
  alternateOption,
  type CliOptions,
  entryOptions,
  lengthOption,
  outputOptions,
  withOptions,
} from '../given/options.ts';
import { runVerb } from '../run-verb.ts';

const examples = `
Examples:
  bootctl read memory.bin --profile rc-cap
  bootctl read memory.bin --profile rc-cap --json`;

export const define: DefineCommand = (command, context, onExit) => {
  command
    .argument('<file>', 'where the bytes go, raw')
    .option(...lengthOption)
    .option(...alternateOption)
    .addHelpText('after', examples)
    .action(async (path: string, options: CliOptions) => {
      const save = (data: Uint8Array) =>
        writeFile(resolve(context.cwd, path), data).catch((cause: Error) => {
          throw new BootctlError('image-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
        });
      const exit = await runVerb(context, options, [], {
        run: (spec) =>
          read({
            ...spec,
            take: async ({ data, address }) => {
              await save(data);
              const message = `${amount(data.length, 'bytes')} from ${address32(address)} are in ${path}`;
              spec.onProgress?.({ event: 'note', message });
            },
          }),
        done: () => `${path} holds what was read`,
      });
      onExit(exit);
    });
  withOptions(command, context.env, [...entryOptions, 'address', ...outputOptions]);
};
