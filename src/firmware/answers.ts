import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { SoftJump } from '../board/soft-jump.ts';
import type { Chip } from '../chips/chip.ts';

export type CommandEntry = Extract<SoftJump, { trigger: 'serial-command' | 'self-charge' }>;
export type SelfChargeEntry = Extract<CommandEntry, { trigger: 'self-charge' }>;

/** What the firmware answers to, by the profile's `softJump`: the host asks by the same entries. */
export interface Answers {
  /** The entries whose command it takes, in the profile's order. */
  readonly entries: readonly CommandEntry[];
  /** Their commands, each once; one byte a character. */
  readonly commands: readonly string[];
  readonly touch: boolean;
  /** From the request to the reset: the host has closed the port, or is silent on the USART of the ROM. */
  readonly delay: Milliseconds;
  /** Triggers of the profile that the kit has no answer to. */
  readonly others: readonly SoftJump[];
}

/** The kit compares bytes by the bits of one word. */
const longestCommands = 32;
/** stm32duino/Arduino_Core_STM32 8e5ad3117: 250 ms, in which a host closes the port. */
const usbDelay: Milliseconds = 250;
/**
 * The ROM takes its baud rate from the first byte that it hears (AN3155, bootloader code sequence): a host that ends its line with more bytes has done
 * so by then. Ours; meshtastic/firmware PR #11698 waits 5 s.
 */
const usartDelay: Milliseconds = 1_000;

const isCommand = (jump: SoftJump): jump is CommandEntry =>
  jump.trigger === 'serial-command' || jump.trigger === 'self-charge';
export const isSelfCharge = (jump: SoftJump): jump is SelfChargeEntry => jump.trigger === 'self-charge';

/** @throws BootctlError `firmware-request-missing`, `firmware-command-unusable` */
export function answersOf(profile: BoardProfile, chip: Chip): Answers {
  const { softJump } = profile;
  const entries = softJump.filter(isCommand);
  const commands = [...new Set(entries.map(({ send }) => send))];
  const touch = softJump.some(({ trigger }) => trigger === 'touch-1200');
  if (entries.length === 0 && !touch) throw requestMissing(profile, chip);
  checkCommands(commands);
  const isSlow = entries.some(({ trigger, via }) => trigger === 'serial-command' && via === 'adapter');
  return {
    entries,
    commands,
    touch,
    delay: isSlow ? usartDelay : usbDelay,
    others: softJump.filter((jump) => !isCommand(jump) && jump.trigger !== 'touch-1200'),
  };
}

function requestMissing(profile: BoardProfile, chip: Chip): BootctlError {
  const { id, softJump } = profile;
  const has =
    softJump.length === 0 ? 'has no softJump' : `asks by ${softJump.map(({ trigger }) => trigger).join(', ')}`;
  return new BootctlError(
    'firmware-request-missing',
    `The profile ${id} ${has}, and the kit answers to a command or to 1200 baud`,
    {
      hint: `Add to the profile: \`softJump: [${suggestedEntry(profile, chip)}]\`. Host and firmware both follow it.`,
    },
  );
}

/** The entry to add to a profile that has none; `profile check` accepts it. */
export function suggestedEntry({ application, usb }: BoardProfile, { hasDfu, firmware }: Chip): string {
  const charges = firmware?.verdict === 'self-charge';
  const trigger = charges ? 'self-charge' : 'serial-command';
  const isFound = application.expect === 'usb' || usb.path !== undefined;
  const ids = isFound ? '' : ', vendorId: "0483", productId: "5740"';
  const via = hasDfu && usb.connected !== false ? `via: target${ids}` : 'via: adapter';
  return `{ trigger: ${trigger}, send: "bootloader\\r\\n", ${via}${charges ? ', pin: PB12' : ''} }`;
}

function checkCommands(commands: readonly string[]): void {
  const unusable = (what: string) => new BootctlError('firmware-command-unusable', what);
  if (commands.includes('')) throw unusable('The command of softJump is empty');
  if (commands.some((one) => one.includes('\0'))) throw unusable('The command of softJump has a zero in it');
  const bytes = joined(commands).length;
  if (bytes <= longestCommands) return;
  throw unusable(
    commands.length === 1
      ? `The command of softJump has ${bytes} bytes`
      : `The ${commands.length} commands of softJump have ${bytes} bytes, with one between two of them`,
  );
}

/** As the kit compares them, and as they stand in its signature. */
export const joined = (commands: readonly string[]): string => commands.join('\0');
