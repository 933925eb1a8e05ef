import { mkdir, writeFile } from 'node:fs/promises';
import { BootctlError } from '../../base/errors.ts';

/** @throws BootctlError `output-unwritable` */
export const writeOutput = (path: string, text: string): Promise<void> => orUnwritable(path, writeFile(path, text));

/** The same where a file of that name may be somebody's work: it is not replaced. */
export const writeNewFile = (path: string, text: string): Promise<void> =>
  orUnwritable(path, writeFile(path, text, { flag: 'wx' }));

/** A folder, made where it is not there. @throws BootctlError `output-unwritable` */
export const makeFolder = async (path: string): Promise<void> => {
  await orUnwritable(path, mkdir(path, { recursive: true }));
};

async function orUnwritable<T>(path: string, work: Promise<T>): Promise<void> {
  await work.catch((cause: unknown) => {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const why = exists ? 'it is there already' : cause instanceof Error ? cause.message : String(cause);
    throw new BootctlError('output-unwritable', `Cannot write ${path}: ${why}`, {
      cause,
      ...(exists && { hint: 'Give another name, or take the file away: a profile may hold your own work.' }),
    });
  });
}
