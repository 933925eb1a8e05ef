import type { Milliseconds } from '../../base/units.ts';
import type { Clock } from '../../bench/clock.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { an3155Reply, syncByte } from '../../protocol/an3155/constants.ts';
import { usartTimeouts } from '../../protocol/an3155/timeouts.ts';

/** A ROM that was reset acknowledges the first 0x7F; one that was called before refuses the second (AN3155 §2). */
export type CallAnswer = 'fresh' | 'synced' | 'none';

/** Twice 0x7F for a ROM that was called before, and once more for one that was just starting. */
const fewestCalls = 3;
export const romRate = 115_200;
const silent = { baudRate: romRate, parity: 'none' } as const;

/** Calls the ROM for so long, three times at least. The port is at 8N1 again afterwards. */
export async function answerToCall(
  link: SerialLink,
  clock: Clock,
  patience: Milliseconds,
  signal: AbortSignal,
): Promise<CallAnswer> {
  await link.configure({ baudRate: romRate, parity: 'even' });
  try {
    await link.drainInput();
    const deadline = clock.now() + patience;
    for (let calls = 0; calls < fewestCalls || clock.now() < deadline; calls++) {
      signal.throwIfAborted();
      await link.write(Uint8Array.of(syncByte));
      const heard = await answerOf(link, clock, signal);
      if (heard === an3155Reply.ACK) return 'fresh';
      if (heard === an3155Reply.NACK) return 'synced';
    }
    return 'none';
  } finally {
    await link.configure(silent).catch(() => {});
  }
}

/** The first byte that is an answer of the ROM. */
async function answerOf(link: SerialLink, clock: Clock, signal: AbortSignal): Promise<number | undefined> {
  const end = clock.now() + usartTimeouts.syncPeriod + 2 * (link.roundTrip ?? 0);
  while (clock.now() < end) {
    const bytes = await link.receive(end - clock.now(), signal);
    const answer = bytes.find((byte) => byte === an3155Reply.ACK || byte === an3155Reply.NACK);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
