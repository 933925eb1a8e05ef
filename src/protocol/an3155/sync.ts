import { BootctlError } from '../../base/errors.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import type { ByteReader } from './byte-reader.ts';
import { an3155Reply, syncByte } from './constants.ts';
import { hexBytes } from './frames.ts';
import { usartTimeouts } from './timeouts.ts';

/** The line to a ROM: `link` sends, `reader` receives. */
export interface RomLine {
  readonly link: SerialLink;
  readonly clock: Clock;
  readonly reader: ByteReader;
  readonly signal?: AbortSignal | undefined;
}

/** A pin that becomes an output and a target that leaves reset can look like these bytes (stm32flash issue 3). */
const glitches: ReadonlySet<number> = new Set([0x00, 0xff]);
const answers: ReadonlySet<number> = new Set(Object.values(an3155Reply));

/** How the ROM is called. */
export interface Call {
  readonly baudRate: number;
  readonly patience: Milliseconds;
  /** The ROM may be started any time: what another answer says counts only when that time is over. */
  readonly isPersistent: boolean;
}

/**
 * Sends 0x7F until it is answered. ACK: the ROM has just measured the rate. NACK: the ROM measured the rate earlier and
 * took the byte for half a command. Any other byte before the answer, glitches excepted, comes from another rate,
 * another format or an application. The bytes after it are then ignored.
 * @throws BootctlError `usart-no-sync`
 */
export async function synchronise(line: RomLine & Call): Promise<void> {
  const { clock, reader, isPersistent } = line;
  const deadline = clock.now() + line.patience;
  let other: BootctlError | undefined;
  for (let sent = 1; ; sent++) {
    const heard = await callOnce(line);
    if (isAnswer(heard)) {
      // The answer may be a late one to an earlier byte, with the last one now pending as half a command.
      const isFirst = sent === 1 && !isPersistent;
      if (isFirst || (await isListening(line))) return;
      other = noSync(`0x7F was answered ${hexBytes(heard)} once, and then nothing`, heard);
    } else if (heard.some((byte) => !glitches.has(byte))) other = foreign(line, heard);
    if (other && !isPersistent) throw other;
    if (clock.now() >= deadline) throw other ?? unanswered(line);
    if (other) await reader.discard();
  }
}

const isAnswer = (heard: readonly number[]): boolean =>
  answers.has(heard.at(-1)!) && heard.slice(0, -1).every((byte) => glitches.has(byte));

const unanswered = ({ baudRate, patience }: Call): BootctlError =>
  noSync(`No answer to 0x7F at ${baudRate} baud within ${timeText(patience)}`);

/**
 * Whether a ROM that was synchronised before still listens. If so, it is at the start of a command afterwards: the ROM
 * refuses a 0x7F that completes half a command, and refuses one that starts a command together with the next.
 */
export async function isListening(line: RomLine): Promise<boolean> {
  for (let sent = 0; sent < 2; sent++) {
    if ((await callOnce(line)).at(-1) === an3155Reply.NACK) return true;
  }
  return false;
}

/** Sends one 0x7F and returns the bytes up to the first ACK or NACK, or to the end of the period. */
async function callOnce({ link, clock, reader, signal }: RomLine): Promise<readonly number[]> {
  signal?.throwIfAborted();
  await link.write(Uint8Array.of(syncByte));
  const end = clock.now() + usartTimeouts.syncPeriod + 2 * (link.roundTrip ?? 0);
  const heard: number[] = [];
  for (;;) {
    const [byte] = (await reader.take(1, end - clock.now())) ?? [];
    if (byte === undefined) return heard;
    heard.push(byte);
    if (answers.has(byte)) return heard;
  }
}

/** `heard` is what came instead of the ROM's answer: not the ROM, or not at this rate. */
const noSync = (message: string, heard: readonly number[] = [], hint?: string): BootctlError =>
  new BootctlError('usart-no-sync', message, {
    ...(heard.length > 0 ? { details: { heard: hexBytes(heard) } } : {}),
    ...(hint === undefined ? {} : { hint }),
  });

function foreign({ baudRate }: { baudRate: number }, heard: readonly number[]): BootctlError {
  const isEcho = heard.every((byte) => byte === syncByte);
  const hint = isEcho
    ? 'Either the adapter hears itself (TX and RX touch, or the line is a one-wire one), or an application runs that echoes what it gets: check BOOT0.'
    : 'What answers is the application (check BOOT0), another device on the wire, or a ROM at another rate or format (try a lower `--baud`).';
  return noSync(`0x7F at ${baudRate} baud was answered by ${hexBytes(heard)}, not by ACK or NACK`, heard, hint);
}

/** A person's time in seconds, a ROM's in milliseconds. */
const timeText = (time: Milliseconds): string =>
  time < 10_000 ? `${Math.round(time)} ms` : `${Math.round(time / 1000)} s`;
