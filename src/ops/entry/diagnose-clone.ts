import type { UsbDeviceInfo } from '../../bench/usb-bus.ts';
import { type Clone, cloneNamed, cloneOf } from '../../chips/clones.ts';
import { flashBootloaderNamed, flashBootloaderOf } from '../../chips/flash-bootloaders.ts';
import type { Diagnosis } from '../job/events.ts';
import type { SeenInstead } from './seen-instead.ts';

/** The diagnosis for a target that was reached and is not an STM32; empty where no sign speaks for that. */
export function diagnoseReached(device: UsbDeviceInfo | null | undefined): readonly Diagnosis[] {
  const found = device ? cloneOf(device) : undefined;
  if (!found) return device ? inFlash(device) : [];
  const { clone, sign } = found;
  return [
    {
      cause: 'clone',
      evidence: `the target is no STM32: ${sign} is that of ${clone.name}`,
      advice: `${clone.differs} Flash size, clocks and errata are those of its own data sheet.`,
    },
  ];
}

/** A bootloader in flash with the ids of the ROM has been reached: it is no failure, and it is not the ROM. */
function inFlash(device: UsbDeviceInfo): readonly Diagnosis[] {
  const found = flashBootloaderOf(device);
  if (!found?.speaksDfuSe) return [];
  return [
    {
      cause: 'flash-bootloader',
      evidence: `the bootloader that was reached is ${found.name}, which is in the flash, and not the ROM (product string ${JSON.stringify(device.product)})`,
      advice:
        'It writes applications behind itself, and not its own sectors. What is linked for the start of the flash needs the ROM, which starts only with BOOT0 high.',
    },
  ];
}

/** The same where its ROM came instead of the DFU device that the profile names. */
export function cloneInstead({ appeared, clone: id, sign }: SeenInstead): string | undefined {
  const clone = cloneNamed(id);
  return clone && `${clone.name} came instead of an STM32 (${appeared}, known by ${sign})`;
}

/** A bootloader in the target's own flash came instead of its ROM. */
export function flashBootloaderInstead({ appeared, flashBootloader }: SeenInstead): string | undefined {
  const found = flashBootloaderNamed(flashBootloader);
  return found && `${found.name}, a bootloader in the flash, came instead of the ROM (${appeared})`;
}

/** What to do about that: by a reset it comes where BOOT0 is low, and it takes the requests to the firmware for its own. */
export function flashBootloaderAdvice(id: string | number | undefined, isByReset: boolean): string {
  const tool = flashBootloaderNamed(id)?.tool ?? 'its own tool';
  const way = isByReset
    ? 'The resets work, but BOOT0 was low when it was sampled: measure BOOT0 while its line is asserted.'
    : 'It takes the request to the firmware for its own: only BOOT0 leads to the ROM, by the lines or a person (methods `rc-cap`, `lines`, `manual`).';
  return `${way} To flash an application behind it, use ${tool}; an image from the start of the flash replaces it.`;
}

/** What to do with it. */
export function cloneAdvice(id: string | number | undefined): string {
  const clone = cloneNamed(id);
  return clone ? `${whatToDo(clone)} ${clone.differs}` : '';
}

function whatToDo({ speaksDfuSe, ids, name }: Clone): string {
  if (!speaksDfuSe) return `bootctl cannot flash ${name}: use a tool for it.`;
  const { vendorId, productId } = ids[0]!;
  return `If ${name} is what the board has, write \`usb: { vendorId: "${vendorId}", productId: "${productId}" }\` into the profile.`;
}
