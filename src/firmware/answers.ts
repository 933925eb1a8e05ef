import { BootctlError } from '../base/errors.ts';
import type { Milliseconds } from '../base/units.ts';
import type { BoardProfile } from '../board/profile.ts';
import type { SoftJump } from '../board/soft-jump.ts';
import type { Chip } from '../chips/chip.ts';

export type CommandEntry = Extract<SoftJump, { trigger: 'serial-command' | 'self-charge' }>;

/** What the firmware answers to, by the profile's `softJump`: the host asks by the same entries. */
export interface Answers {
  /** The entry whose command it takes; its bytes are one a character. */
  readonly command?: CommandEntry;
  readonly touch: boolean;
  /** From the request to the reset: the host has closed the port, or is silent on the USART of the ROM. */
  readonly delay: Milliseconds;
  /** Triggers of the profile that the kit has no answer to. */
  readonly others: readonly SoftJump[];
}

/** The kit compares bytes by the bits of one word. */
const longestCommand = 32;
/** stm32duino/Arduino_Core_STM32 8e5ad3117: 250 ms, in which a host closes the port. */
const usbDelay: Milliseconds = 250;
/**
 * The ROM takes its baud rate from the first byte that it hears (AN3155, bootloader code sequence): a host that ends its line with more bytes has done
 * so by then. Ours; meshtastic/firmware PR #11698 waits 5 s.
 */
const usartDelay: Milliseconds = 1_000;

const isCommand = (jump: SoftJump): jump is CommandEntry =>
  jump.trigger === 'serial-command' || jump.trigger === 'self-charge';

/** The first command counts, as the host tries the entries in their order. @throws BootctlError `firmware-request-missing`, `firmware-command-unusable` */
export function answersOf(profile: BoardProfile, chip: Chip): Answers {
  const { softJump } = profile;
  const command = softJump.find(isCommand);
  const touch = softJump.some(({ trigger }) => trigger === 'touch-1200');
  if (!command && !touch) throw requestMissing(profile, chip);
  if (command) checkCommand(command);
  const isSlow = command?.trigger === 'serial-command' && command.via === 'adapter';
  return {
    ...(command && { command }),
    touch,
    delay: isSlow ? usartDelay : usbDelay,
    others: softJump.filter((jump) => jump !== command && jump.trigger !== 'touch-1200'),
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
  const isSelfCharge = firmware?.verdict === 'self-charge';
  const trigger = isSelfCharge ? 'self-charge' : 'serial-command';
  const isFound = application.expect === 'usb' || usb.path !== undefined;
  const ids = isFound ? '' : ', vendorId: "0483", productId: "5740"';
  const via = hasDfu && usb.connected !== false ? `via: target${ids}` : 'via: adapter';
  return `{ trigger: ${trigger}, send: "bootloader\\r\\n", ${via}${isSelfCharge ? ', pin: PB12' : ''} }`;
}

function checkCommand({ send }: CommandEntry): void {
  const why =
    send.length === 0
      ? 'is empty'
      : send.length > longestCommand
        ? `has ${send.length} bytes`
        : send.includes('\0')
          ? 'has a zero in it'
          : undefined;
  if (why !== undefined) throw new BootctlError('firmware-command-unusable', `The command of softJump ${why}`);
}
