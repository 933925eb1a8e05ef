import type { LearningContext } from '../../../machines/learning.policy.ts';
import { exitStatus } from '../../base/errors.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import { isLineMethod } from '../../board/circuit/planner.ts';
import type { LearnedBoard } from '../../board/learning/learned-board.ts';
import { learnedProfile, type ProfileText } from '../../board/learning/learned-profile.ts';
import { parseProfile } from '../../board/profile/parse-profile.ts';
import type { RecoverResult } from '../job/events.ts';
import type { JobSpec } from '../job/job-spec.ts';
import { applicationOf } from './application.ts';
import type { Circuit } from './conclude.ts';
import { type EntryByProfile, enterByProfile, type NamedRom } from './enter-by-profile.ts';

/** Of a specification, what entering by the profile needs. */
export interface ConfirmSpec extends Omit<JobSpec, 'profile' | 'noEntry'> {
  readonly family?: string | undefined;
  readonly chooseFamily?: ((possible: readonly string[]) => Promise<string | undefined>) | undefined;
}

export interface Confirmed {
  readonly board: LearnedBoard;
  /** What the entries by the profile came to. */
  readonly entered: Partial<RecoverResult>;
  /** Interrupted, or the adapter is lost. */
  readonly failed: RecoverResult | null;
}

const nothing: Omit<LearnedBoard, keyof Circuit> = {
  adapter: null,
  family: null,
  possible: [],
  usbPath: null,
  withoutUsb: null,
  usart: null,
  application: null,
};

/** Enters by what was learned, over either interface: what the ROM says of itself, and the proof. */
export async function confirm(
  spec: ConfirmSpec,
  context: LearningContext,
  circuit: Circuit,
  adapter: PortInfo | null,
  about: ProfileText,
): Promise<Confirmed> {
  const start: LearnedBoard = { ...nothing, ...circuit, adapter, ...given(spec) };
  if (!circuit.circuit || !context.wayIn) {
    return { board: { ...start, ...(await applicationOf(spec, context, null)) }, entered: {}, failed: null };
  }
  const { over, place } = context.wayIn;
  const profile = parseProfile(learnedProfile(start, about), `${about.id}.yaml`);
  if (!profile.methods.some(isLineMethod)) return { board: unusable(start), entered: {}, failed: null };
  const note = (message: string) => spec.onProgress?.({ event: 'note', message });
  note('the circuit is found; now a job by its profile has to reach the ROM');
  const enter = (kind: 'dfu' | 'usart') => enterByProfile({ ...spec, profile }, kind, kind === over ? place : null);
  const first = await enter(over);
  if (isOver(first)) return { board: start, entered: {}, failed: first.result };
  if (!first.rom) return { board: unconfirmed(start, first), entered: {}, failed: null };
  note(`it did; now whether the ROM answers ${over === 'dfu' ? 'on the USART of the adapter' : 'on USB'} as well`);
  const second = await enter(over === 'dfu' ? 'usart' : 'dfu');
  if (isOver(second)) return { board: start, entered: {}, failed: second.result };
  const application = await applicationOf(spec, context, first.rom);
  const roms = [first.rom, ...(second.rom ? [second.rom] : [])];
  const board = { ...start, ...application, ...places(roms, start.unknown) };
  const { method, target, attempts } = first.result;
  return {
    board: await named(spec, board, roms),
    entered: { method, attempts, bootloader: over, target: second.rom ? second.result.target : target },
    failed: null,
  };
}

const given = ({ family }: ConfirmSpec): Partial<LearnedBoard> =>
  family === undefined ? {} : { family: { value: family, evidence: 'Given by `--family`.' } };

/** Interrupted, or a matter of the adapter or of rights on this host: the board has not had its say. */
const isOver = ({ result }: EntryByProfile): boolean =>
  result.exitCode === exitStatus.aborted || result.exitCode === exitStatus.adapter;

/** What was seen is not what a job by it does: nothing of the circuit is claimed then. */
const unconfirmed = (board: LearnedBoard, { result }: EntryByProfile): LearnedBoard => ({
  ...board,
  circuit: null,
  resetLine: null,
  unknown: [
    `A circuit explained all that was seen, and yet no entry by its profile reached the ROM: ${result.error?.message ?? 'no reason is known'}.`,
    ...board.unknown,
  ],
});

/** The lines lead into the ROM, and no method of a profile can do the same. */
const unusable = (board: LearnedBoard): LearnedBoard => ({
  ...board,
  circuit: null,
  resetLine: null,
  unknown: [
    `A circuit was found that no method of bootctl can use: ${Object.entries(board.circuit!.wiring)
      .map(([lines, { boot0, nrst }]) => `${lines}: BOOT0 ${boot0}, NRST ${nrst}`)
      .join('; ')}, ${board.circuit!.storage === 'capacitor' ? 'with' : 'without'} a capacitor.`,
    ...board.unknown,
  ],
});

function places(roms: readonly NamedRom[], unknown: readonly string[]): Partial<LearnedBoard> {
  const dfu = roms.find(({ over }) => over === 'dfu');
  const usart = roms.find(({ over }) => over === 'usart');
  return {
    usbPath: dfu
      ? { value: dfu.place, evidence: `The ROM came there as a DFU device, entered by this profile.` }
      : null,
    withoutUsb: dfu
      ? null
      : 'The ROM runs, and no DFU device came: its USB is not connected, or it has none, or no crystal.',
    usart: usart
      ? { value: true, evidence: 'The ROM answered 0x7F on the adapter, entered by this profile.' }
      : {
          value: false,
          evidence:
            'The ROM did not answer 0x7F on the adapter: TX and RX reach none of its USARTs, or it has none there.',
        },
    unknown,
  };
}

/** The line that all that was said leaves. Where several are left, a person may know. */
async function named(spec: ConfirmSpec, board: LearnedBoard, roms: readonly NamedRom[]): Promise<LearnedBoard> {
  if (board.family) return board;
  const [first, ...others] = roms.filter(({ possible }) => possible.length > 0);
  if (!first)
    return { ...board, unknown: [...board.unknown, 'Which STM32 it is: its ROM is like that of no known line.'] };
  const possible = first.possible.filter((key) => others.every((other) => other.possible.includes(key)));
  const evidence = `${roms.map((rom) => rom.evidence).join('; ')}.`;
  const [only] = possible;
  if (only !== undefined && possible.length === 1) {
    return { ...board, possible, family: { value: only, evidence: capital(evidence) } };
  }
  const chosen = await spec.chooseFamily?.(possible);
  if (chosen !== undefined)
    return { ...board, possible, family: { value: chosen, evidence: 'Named by the person at the terminal.' } };
  return {
    ...board,
    possible,
    unknown: [...board.unknown, `Which STM32 it is: ${evidence} ${possible.length} lines have that.`],
  };
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
