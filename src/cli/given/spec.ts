import { resolve } from 'node:path';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import { knownOf } from '../../ops/engine/image-target.ts';
import { readRestored } from '../../ops/engine/restored-image.ts';
import type { ReadSpec } from '../../ops/read.ts';
import type { RecoverSpec } from '../../ops/recover.ts';
import type { CliContext } from '../context.ts';
import { givenImages } from './images.ts';
import type { CliOptions } from './options.ts';
import { givenProfile } from './profile.ts';

/** What argv says of a job on a target: each verb takes its part of it. It lacks only the bench. */
export type GivenSpec<Image extends FirmwareImage | undefined> = Omit<RecoverSpec, 'bench' | 'image'> &
  Pick<ReadSpec, 'address' | 'length' | 'alternate'> & { readonly image: Image };

/** Where a command needs an image, commander has seen to it that argv names one. @throws BootctlError of kind `usage` */
export async function givenSpec<Image extends FirmwareImage | undefined>(
  context: CliContext,
  options: CliOptions,
  images: readonly string[],
): Promise<GivenSpec<Image>> {
  const { port, timeout, verify, force, unprotect, keep, full, stay, address, length, alt: alternate, entry } = options;
  const profile = await givenProfile(context, options);
  const image = images.length === 0 ? undefined : await givenImages(context, images, options, knownOf(profile));
  const restore = options.restore === undefined ? undefined : await readRestored(resolve(context.cwd, options.restore));
  const interactive = isInteractive(context, options);
  return {
    profile,
    image: image as Image,
    restore,
    port,
    timeout,
    noEntry: entry === false,
    verify,
    force,
    unprotect,
    keep,
    full,
    stay,
    address,
    length,
    alternate,
    interactive,
    confirm: interactive ? confirmBy(context) : undefined,
    signal: context.signal,
  };
}

/** Asks the person at the terminal; what is no clear yes is a no. */
const confirmBy =
  ({ ask }: CliContext): RecoverSpec['confirm'] =>
  async (question) =>
    /^\s*y(es)?\s*$/i.test((await ask?.(`${question} Type 'yes' or 'no':`)) ?? '');

/** Whether a person is there who reads what a job says, and may be asked to press buttons. */
const isInteractive = ({ ask }: CliContext, { json, quiet }: Pick<CliOptions, 'json' | 'quiet'>): boolean =>
  ask !== undefined && !json && !quiet;
