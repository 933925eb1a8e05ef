import { type BootctlError, isBootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { type Chip, romUsarts } from '../../chips/chip.ts';
import type { An3155Client, SyncOptions } from '../../protocol/an3155/client.ts';
import type { GetReply } from '../../protocol/an3155/frames.ts';
import type { Job } from '../job/job.ts';

/** A ROM that was synchronised at this rate answers the second 0x7F at the latest; twice that. */
const otherRatePatience: Milliseconds = 400;

/** How long the ROM is called, and at which rates beside that of the profile. */
export interface UsartCall {
  readonly patience?: Milliseconds;
  readonly others?: readonly number[];
  /** Until then it may not run yet: whatever else is heard is the application. */
  readonly isPersistent?: boolean;
  /** The caller has said what is waited for. */
  readonly isTold?: boolean;
}

/** Open ports of which it has been said that they have no parity: once is enough. */
const saidOf = new WeakSet<SerialLink>();

interface Called extends Pick<Job, 'profile' | 'report'> {
  readonly link: SerialLink;
  readonly rom: An3155Client;
  readonly wanted: Chip | undefined;
}

/**
 * Calls the ROM at the rate of the profile, then at the others, and stays at the first one that it answers. A port that has
 * not taken even parity is no reason not to call: a bridge may add it at its far end.
 * @throws BootctlError `usart-no-sync`, those of the first command
 */
export async function callRom(
  { profile, report, link, rom, wanted }: Called,
  { patience, others = [], isPersistent = false, isTold = false }: UsartCall & { readonly patience: Milliseconds },
): Promise<{ readonly get: GetReply; readonly baudRate: number }> {
  const { baudRate } = profile.usart;
  const timeout = Math.round(patience);
  if (!isTold) report({ event: 'waiting', what: `USART bootloader at ${baudRate} baud`, timeout });
  const onReady = () => {
    if (!link.lacksParity || saidOf.has(link)) return;
    saidOf.add(link);
    report({ event: 'note', message: withoutParity(link) });
  };
  const first = await syncedAt(rom, { baudRate, patience, isPersistent, onReady });
  if (!first) return { get: await firstCommand(rom, link), baudRate };
  for (const other of others) {
    const isCalled = !(await syncedAt(rom, { baudRate: other, patience: otherRatePatience }));
    if (isCalled) return { get: await firstCommand(rom, link), baudRate: other };
  }
  const silence = withPins(first, wanted);
  if (others.length === 0) throw silence;
  throw silence.with({ message: `${first.message}, nor at ${others.join(', ')} baud` });
}

/** Why the ROM was not synchronised; undefined where it was. */
const syncedAt = (rom: An3155Client, how: SyncOptions): Promise<BootctlError | undefined> =>
  rom.sync(how).then(
    () => undefined,
    (error) => {
      if (isBootctlError(error, 'usart-no-sync')) return error;
      throw error;
    },
  );

const otherPort =
  'On a Raspberry Pi 3, 4 or Zero W, /dev/serial0 may be the mini UART, which has none: `dtoverlay=miniuart-bt` in config.txt puts the PL011 there.';

const withoutParity = ({ path }: SerialLink): string =>
  `${path} has not taken even parity, and the ROM wants 8E1: unless a bridge adds it at its far end, the ROM answers 0x7F and nothing else. ${otherPort}`;

/**
 * 0x7F has seven ones: with even parity its parity bit is 1, and without one a stop bit stands there. So the ROM answers
 * it in both formats, and the first command is what shows a parity bit that is missing.
 */
async function firstCommand(rom: An3155Client, link: SerialLink): Promise<GetReply> {
  try {
    return await rom.get();
  } catch (error) {
    if (!isBootctlError(error) || error.row.answer === undefined) throw error;
    throw error.with({
      message: `${error.message}, after it had answered 0x7F${link.lacksParity ? `; ${link.path} has not taken even parity` : ''}`,
      hint: `First the parity: 0x7F looks the same without it, a command does not, and the ROM wants 8E1. Use a port, or set a bridge, that sends even parity; old drivers of the CH340 and Bluetooth modules leave it out. ${otherPort} Then the wires: a lower \`--baud\` shows whether they garble bytes. Or it was no ROM that sent this one byte: check BOOT0.`,
    });
  }
}

/** Silence has no hint of its own: the pins where this ROM listens are the best one. */
function withPins(error: BootctlError, chip: Chip | undefined): BootctlError {
  const pins = romUsarts(chip);
  if (error.hint !== error.row.hint || !pins) return error;
  return error.withHint(
    `Check BOOT0 and NRST, and that TX and RX of the adapter reach a USART of the ROM of ${chip?.name}, crossed: ${pins}.`,
  );
}
