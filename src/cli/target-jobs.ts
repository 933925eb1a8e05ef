import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RecoverInput } from '../../machines/recover.machine.ts';
import { BootctlError } from '../base/errors.ts';
import { address32 } from '../base/text.ts';
import type { FirmwareImage } from '../image/firmware-image.ts';
import type { Written } from '../ops/bootloader/dfu-memories.ts';
import type { Range } from '../ops/engine/memory-range.ts';
import type { ProgressEvent } from '../ops/job/events.ts';
import type { TargetWork } from '../ops/job/job.ts';
import type { CliContext } from './context.ts';
import { amount } from './format.ts';
import type { CliOptions } from './options.ts';

/** What a command does with the target once its bootloader answers. */
export interface TargetTask {
  readonly work?: TargetWork | undefined;
  readonly after?: RecoverInput['after'];
  /** Of the flash, where the work is about a part of it. */
  readonly range?: Range;
  /** Only the lines move: no bootloader is entered. */
  readonly isReset?: true;
  /** What is true when it has ended well; asked for then. */
  readonly done?: string | (() => string);
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
  async () => ({ after: stay ? 'stay' : 'prove' });

export const verifyTask = (): TaskMaker => async (image) => {
  const { verifyWork } = await import('../ops/target-work.ts');
  return { work: verifyWork(image!), after: 'restore', done: `the flash holds ${image!.name}` };
};

/** @throws BootctlError `image-unwritable` where the file cannot be written */
export const readTask =
  (context: CliContext, path: string, { address, length, alt: alternate }: RangeOptions): TaskMaker =>
  async (_, report) => {
    const { readWork } = await import('../ops/target-work.ts');
    const take = async (data: Uint8Array, from: number) => {
      await writeFile(resolve(context.cwd, path), data).catch((cause: Error) => {
        throw new BootctlError('image-unwritable', `${path} cannot be written: ${cause.message}`, { cause });
      });
      report({ event: 'note', message: `${amount(data.length, 'bytes')} from ${address32(from)} are in ${path}` });
    };
    return {
      work: readWork({ address, length, alternate }, take),
      ...(alternate === undefined ? { range: { address, length } } : {}),
      after: 'restore',
      done: `${path} holds what was read`,
    };
  };

export const eraseTask =
  ({ address, length, verify = true, yes }: RangeOptions): TaskMaker =>
  async () => {
    if (!yes) throw confirm('Erasing', 'the application is lost');
    const { eraseWork } = await import('../ops/target-work.ts');
    const done = verify ? 'the flash is erased' : 'the ROM acknowledged the erase, which was not checked';
    const range = { address, length };
    return { work: eraseWork(range, verify), range, after: 'stay', done };
  };

export const infoTask = (): TaskMaker => async (_, report) => {
  const { infoWork } = await import('../ops/target-work.ts');
  const work = infoWork(({ quirks }, memories) => {
    for (const { setting, layout } of memories) {
      report({ event: 'target.memory', setting, name: layout.name, layout: layout.text });
    }
    report({ event: 'target.quirks', quirks });
  });
  return { work, after: 'restore', done: 'the memory map of the target was read' };
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
    const { writeMemoryWork } = await import('../ops/target-work.ts');
    let how = '';
    const take = ({ readBack, message }: Written) => {
      how = readBack === 'same' ? ' and was read back' : `, but could not be read back: ${message}`;
    };
    const done = () => `memory ${alt} is written${how}`;
    return { work: writeMemoryWork(alt, data, take), after: 'restore', done };
  };

export const resetTask = (): TaskMaker => async () => ({ isReset: true, done: 'NRST was pulsed with BOOT0 low' });

const confirm = (what: string, why: string): BootctlError =>
  new BootctlError('usage', `${what} is not undone: ${why}`, { hint: 'Add `--yes` if that is what you want.' });
