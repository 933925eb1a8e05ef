import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { BootctlError } from '../../../base/errors.ts';
import { newFile } from '../../../store/new-file.ts';
import { replaceFile } from '../../../store/replace-file.ts';
import type { CliContext } from '../../context.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const extension = /\.ya?ml$/;

/** Where a profile goes, and the id that it has there. */
export interface ProfileTarget {
  readonly id: string;
  /** As the person named it; absent where the text goes to standard output. */
  readonly file?: string;
}

/** The id of a profile is the name of its file. @throws BootctlError `usage` */
export function profileTarget(output: string | undefined, name: string | undefined, otherwise: string): ProfileTarget {
  if (output !== undefined && !extension.test(output)) {
    throw new BootctlError('usage', `${output} does not end in .yaml`, {
      hint: 'A profile is a YAML file, such as my-board.yaml.',
    });
  }
  const ofFile = output === undefined ? undefined : basename(output).replace(extension, '');
  const id = name ?? ofFile ?? otherwise;
  if (!idPattern.test(id)) {
    throw new BootctlError('usage', `'${id}' is no name of a profile`, {
      hint: 'Letters, digits, - and _, the same as the file name.',
    });
  }
  if (ofFile !== undefined && ofFile !== id) {
    throw new BootctlError('usage', `--name ${id} is not the name of the file ${output}`, {
      hint: `Leave one of them out, or write --output ${id}.yaml.`,
    });
  }
  return output === undefined ? { id } : { id, file: output };
}

const exists = (file: string): BootctlError =>
  new BootctlError('profile-exists', `${file} is there already`, { details: { path: file } });

/** Before a person answers questions for nothing. @throws BootctlError `profile-exists` */
export function refuseExisting({ cwd }: CliContext, file: string, force: boolean | undefined): void {
  if (!force && existsSync(resolve(cwd, file))) throw exists(file);
}

const unwritable = (file: string, cause: unknown): BootctlError =>
  new BootctlError(
    'output-unwritable',
    `${file} cannot be written: ${cause instanceof Error ? cause.message : cause}`,
    {
      details: { path: file },
      cause,
    },
  );

/** A folder that is not there, or not the person's, is found before the questions too. @throws BootctlError `output-unwritable` */
export async function refuseUnwritable({ cwd }: CliContext, file: string): Promise<void> {
  await access(dirname(resolve(cwd, file)), constants.W_OK).catch((cause: Error) => {
    throw unwritable(file, cause);
  });
}

/** Writes the file whole, or not at all. @throws BootctlError `profile-exists`, `output-unwritable` */
export async function writeProfile(
  { cwd }: CliContext,
  file: string,
  text: string,
  force: boolean | undefined,
): Promise<void> {
  const path = resolve(cwd, file);
  try {
    if (force && existsSync(path)) await replaceFile(path, text);
    else await newFile(path, text);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EEXIST') throw exists(file);
    throw unwritable(file, cause);
  }
}

/** A path of a profile, and not an id: it begins with its folder. */
export const asPath = (file: string): string => (/[/\\]/.test(file) ? file : `./${file}`);
