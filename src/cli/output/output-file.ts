import { mkdir, writeFile } from 'node:fs/promises';
import { BootctlError } from '../../base/errors.ts';

/** @throws BootctlError `output-unwritable` */
export const writeOutput = (path: string, text: string): Promise<void> => orUnwritable(path, writeFile(path, text));

/** A folder, made where it is not there. @throws BootctlError `output-unwritable` */
export const makeFolder = async (path: string): Promise<void> => {
  await orUnwritable(path, mkdir(path, { recursive: true }));
};

async function orUnwritable<T>(path: string, work: Promise<T>): Promise<void> {
  await work.catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BootctlError('output-unwritable', `Cannot write ${path}: ${why}`, { cause });
  });
}
