import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { FlashSpec } from '../ops/flash.ts';
import type { ProgressEvent, RecoverResult } from '../ops/job/events.ts';
import type { ReadBytes } from '../ops/read.ts';
import type { CliContext } from './context.ts';
import { amount } from './format.ts';
import type { CliOptions } from './options.ts';

/** What a command does on a target, and how it says that it is done. */
export interface TargetTask {
  readonly run: (spec: FlashSpec) => Promise<RecoverResult>;
  /** What is true when it has ended well. */
  readonly done?: () => string;
}

/** Makes the task once image and options are known; `report` is the job's. */
export type TaskMaker = (
  image: FirmwareImage | undefined,
  report: (event: ProgressEvent) => void,
) => Promise<TargetTask>;

export interface RangeOptions extends CliOptions {
  readonly length?: number;
  readonly alt?: number;
  readonly yes?: boolean;
  readonly keep?: boolean;
  readonly full?: boolean;
  readonly stay?: boolean;
}

export const flashTask =
  ({ stay }: RangeOptions): TaskMaker =>
  async () => {
    const { flash } = await import('../ops/flash.ts');
    return { run: (spec) => flash({ ...spec, stay }) };
  };

export const verifyTask = (): TaskMaker => async (image) => {
  const { verify } = await import('../ops/verify.ts');
  return { run: verify, done: () => `the flash holds ${image!.name}` };
};

/** @throws BootctlError `image-unwritable` where the file cannot be written */
export const readTask =
  (context: CliContext, path: string, { address, length, alt: alternate }: RangeOptions): TaskMaker =>
  async (_, report) => {
    const { read } = await import('../ops/read.ts');
    const take = async ({ data, address: from }: ReadBytes) => {
      await writeFile(resolve(context.cwd, path), data).catch((cause: Error) => {
        throw new BootctlError('image-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
      });
      report({ event: 'note', message: `${amount(data.length, 'bytes')} from ${address32(from)} are in ${path}` });
    };
    return {
      run: (spec) => read({ ...spec, address, length, alternate, take }),
      done: () => `${path} holds what was read`,
    };
  };

export const eraseTask =
  ({ address, length, verify = true, yes }: RangeOptions): TaskMaker =>
  async () => {
    if (!yes) throw confirm('Erasing', 'the application is lost');
    const { erase } = await import('../ops/erase.ts');
    const done = verify ? 'the flash is erased' : 'the ROM acknowledged the erase, which was not checked';
    return { run: (spec) => erase({ ...spec, address, length, verify }), done: () => done };
  };

export const infoTask = (): TaskMaker => async () => {
  const { info } = await import('../ops/info.ts');
  return { run: info, done: () => 'the memory map of the target was read' };
};

/** Option bytes and the like: whole, and only with `--yes`. */
export const writeMemoryTask =
  (context: CliContext, path: string, { alt, yes }: RangeOptions): TaskMaker =>
  async () => {
    if (alt === undefined || alt === 0) {
      throw new BootctlError('usage', 'Which memory is to be written? `--alt 0` is the flash', {
        hint: 'Add `--alt <n>` with a number of `bootctl info`; `bootctl flash` writes the flash.',
      });
    }
    if (!yes) throw confirm('Writing option bytes or OTP', 'it can lock the target for good');
    const data = await readFile(resolve(context.cwd, path)).catch((cause: Error) => {
      throw new BootctlError('image-unreadable', `${path} cannot be read: ${cause.message}`, { cause });
    });
    const { writeMemory } = await import('../ops/write-memory.ts');
    let how = '';
    return {
      run: async (spec) => {
        const result = await writeMemory({ ...spec, alternate: alt, data });
        const { readBack, message } = result.written ?? {};
        how = readBack === 'same' ? ' and was read back' : `, but could not be read back: ${message}`;
        return result;
      },
      done: () => `memory ${alt} is written${how}`,
    };
  };

export const resetTask = (): TaskMaker => async () => {
  const { reset } = await import('../ops/reset.ts');
  return { run: reset, done: () => 'NRST was pulsed with BOOT0 low' };
};

const confirm = (what: string, why: string): BootctlError =>
  new BootctlError('usage', `${what} is not undone: ${why}`, { hint: 'Add `--yes` if that is what you want.' });
