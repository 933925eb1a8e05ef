import type { UsbDeviceInfo } from '../io/usb-bus.ts';
import { type Clone, cloneNamed, cloneOf } from '../targets/clones.ts';
import type { Diagnosis } from './diagnose.ts';
import type { SeenInstead } from './seen-instead.ts';

/** What is to be said of a target that was reached and is no STM32; nothing where no sign speaks for that. */
export function diagnoseReached(device: UsbDeviceInfo | null | undefined): readonly Diagnosis[] {
  const found = device ? cloneOf(device) : undefined;
  if (!found) return [];
  const { clone, sign } = found;
  return [
    {
      cause: 'clone',
      evidence: `the target is no STM32: ${sign} is that of a ${clone.name}`,
      advice: `${clone.differs} Flash size, clocks and errata are those of its own data sheet.`,
    },
  ];
}

/** The same where its ROM came instead of the DFU device that the profile names. */
export function cloneInstead({ appeared, clone: id, sign }: SeenInstead): string | undefined {
  const clone = cloneNamed(id);
  return clone && `a ${clone.name} came instead of an STM32 (${appeared}, known by ${sign})`;
}

/** What to do with it. */
export function cloneAdvice(id: string | number | undefined): string {
  const clone = cloneNamed(id);
  return clone ? `${clone.differs} ${whatToDo(clone)}` : '';
}

function whatToDo({ speaksDfuSe, ids, name }: Clone): string {
  if (!speaksDfuSe) return `bootctl cannot flash it: use a tool for ${name}.`;
  const { vendorId, productId } = ids[0]!;
  return `If that is what the board has, write \`usb: { vendorId: "${vendorId}", productId: "${productId}" }\` into the profile.`;
}
