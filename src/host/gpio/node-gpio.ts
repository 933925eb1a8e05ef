import { closeSync, openSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BootctlError } from '../../base/errors.ts';
import type { GpioChipInfo, GpioChips, GpioLines, GpioOutput } from '../../bench/gpio-chips.ts';
import { type Ioctl, nativeIoctl } from '../system/ioctl.ts';
import { ambiguousChip, deniedChip, failedCall, heldLine, noSuchChip, noSuchLine } from './explain.ts';
import {
  gpioRequests,
  newChipInfo,
  newLineInfo,
  newLineRequest,
  newLineValues,
  readChipInfo,
  readDescriptor,
  readLineInfo,
} from './uapi.ts';

/** Shown by `gpioinfo` beside the lines. */
const ownName = 'bootctl';

/** What this host is reached by; tests use their own folder and calls. */
export interface GpioHost {
  readonly platform?: NodeJS.Platform;
  readonly devices?: string;
  readonly ioctl?: () => Promise<Ioctl>;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
const isDenial = (code: string): boolean => code === 'EACCES' || code === 'EPERM';

/** GPIO of this host by the character devices of Linux. */
export function nodeGpioChips({
  platform = process.platform,
  devices = '/dev',
  ioctl: load = nativeIoctl,
}: GpioHost = {}): GpioChips {
  const usable = async (): Promise<Ioctl> => {
    if (platform !== 'linux') {
      throw new BootctlError('gpio-unavailable', `Lines of GPIO are moved on Linux only, and this is ${platform}`);
    }
    return load().catch((error: unknown) => {
      const message = `Lines of GPIO need the package koffi, which does not load: ${error instanceof Error ? error.message : error}`;
      throw new BootctlError('gpio-unavailable', message, {
        hint: 'Run `npm rebuild koffi` in the folder of bootctl.',
      });
    });
  };
  const list = async () => (platform === 'linux' ? (await look(await usable(), devices)).chips : []);
  return {
    list,
    async open(chip, outputs) {
      const ioctl = await usable();
      const found = await findChip(ioctl, devices, chip);
      return withChip(found.path, (descriptor) => takeLines(ioctl, descriptor, found, outputs));
    },
    async check(chip, outputs) {
      const ioctl = await usable();
      const found = await findChip(ioctl, devices, chip);
      const refused = await withChip(found.path, (descriptor) => whyNotFree(ioctl, descriptor, found, outputs));
      if (refused) throw refused;
    },
  };
}

/** The chips that can be opened, and those that may not. */
async function look(ioctl: Ioctl, devices: string) {
  const names = readdirSync(devices).filter((name) => /^gpiochip\d+$/.test(name));
  const chips: GpioChipInfo[] = [];
  const denied: string[] = [];
  for (const name of names.toSorted((a, b) => Number(a.slice(8)) - Number(b.slice(8)))) {
    const path = join(devices, name);
    try {
      chips.push(await withChip(path, (descriptor) => infoOf(ioctl, descriptor, path)));
    } catch (error) {
      if (error instanceof BootctlError && error.code === 'gpio-denied') denied.push(path);
    }
  }
  return { chips, denied };
}

async function infoOf(ioctl: Ioctl, descriptor: number, path: string): Promise<GpioChipInfo> {
  const info = newChipInfo();
  await ioctl(descriptor, gpioRequests.chipInfo, info);
  return { path, ...readChipInfo(info) };
}

async function withChip<T>(path: string, work: (descriptor: number) => Promise<T>): Promise<T> {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r+');
  } catch (error) {
    throw isDenial(codeOf(error)) ? deniedChip(path) : failedCall(`${path} cannot be opened`, codeOf(error));
  }
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** By name, path or label. @throws BootctlError `gpio-missing`, `gpio-denied` */
async function findChip(ioctl: Ioctl, devices: string, chip: string): Promise<GpioChipInfo> {
  const { chips, denied } = await look(ioctl, devices);
  const named = chips.find(({ name, path }) => name === chip || path === chip);
  if (named) return named;
  const labelled = chips.filter(({ label }) => label === chip);
  if (labelled.length > 1) throw ambiguousChip(chip, labelled);
  if (labelled[0]) return labelled[0];
  const refused = denied.find((path) => path === chip || basename(path) === chip) ?? denied[0];
  if (refused !== undefined) throw deniedChip(refused);
  throw noSuchChip(chip, chips);
}

async function takeLines(
  ioctl: Ioctl,
  descriptor: number,
  chip: GpioChipInfo,
  outputs: readonly GpioOutput[],
): Promise<GpioLines> {
  refuseBeyond(chip, outputs);
  const request = newLineRequest(ownName, outputs);
  const names = outputs.map(({ offset }) => offset).join(' and ');
  try {
    await ioctl(descriptor, gpioRequests.getLine, request);
  } catch (error) {
    throw (await whyNotFree(ioctl, descriptor, chip, outputs)) ?? refusedBy(chip, outputs, codeOf(error));
  }
  return new HeldLines(ioctl, readDescriptor(request), `line ${names} of ${chip.name}`, outputs);
}

function refuseBeyond(chip: GpioChipInfo, outputs: readonly GpioOutput[]): void {
  for (const { offset } of outputs) if (offset >= chip.lines) throw noSuchLine(chip, offset);
}

const refusedBy = (chip: GpioChipInfo, outputs: readonly GpioOutput[], code: string): BootctlError =>
  isDenial(code)
    ? deniedChip(chip.path)
    : failedCall(`${chip.name} does not give line ${outputs.map(({ offset }) => offset).join(' and ')}`, code);

/** Who holds a line; undefined where nobody does. Old kernels answer ENOTTY or EINVAL to version 2 of the interface. */
async function whyNotFree(
  ioctl: Ioctl,
  descriptor: number,
  chip: GpioChipInfo,
  outputs: readonly GpioOutput[],
): Promise<BootctlError | undefined> {
  refuseBeyond(chip, outputs);
  for (const { offset } of outputs) {
    const info = newLineInfo(offset);
    try {
      await ioctl(descriptor, gpioRequests.lineInfo, info);
    } catch (error) {
      const message = `${chip.path} does not know version 2 of the GPIO interface (${codeOf(error)})`;
      return new BootctlError('gpio-unavailable', message);
    }
    const { isUsed, consumer } = readLineInfo(info);
    if (isUsed) return heldLine(chip, offset, consumer);
  }
  return undefined;
}

class HeldLines implements GpioLines {
  readonly #ioctl: Ioctl;
  readonly #descriptor: number;
  readonly #name: string;
  readonly #outputs: readonly GpioOutput[];
  #isClosed = false;

  constructor(ioctl: Ioctl, descriptor: number, name: string, outputs: readonly GpioOutput[]) {
    this.#ioctl = ioctl;
    this.#descriptor = descriptor;
    this.#name = name;
    this.#outputs = outputs;
  }

  async set(levels: readonly (0 | 1)[]): Promise<void> {
    try {
      if (this.#isClosed) throw new Error('it has been given back');
      await this.#ioctl(this.#descriptor, gpioRequests.setValues, newLineValues(levels));
    } catch (error) {
      throw failedCall(`${this.#name} could not be moved`, codeOf(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.set(this.#outputs.map(({ idle }) => idle));
    } finally {
      this.#isClosed = true;
      closeSync(this.#descriptor);
    }
  }
}
