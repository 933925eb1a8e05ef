import { mostOf } from '../../../machines/learning-limits.policy.ts';
import { rounds } from '../../board/learning/experiment.ts';
import type { Learned } from '../../ops/learn.ts';

const minutes = (time: number): string => `about ${Math.ceil(time / 60_000)} minutes`;

/** What is going to be tried, before anything moves. */
export function learningPlan(port: string | undefined): readonly string[] {
  const { experiments, time } = mostOf();
  const charges = rounds.map(({ charge }) => charge);
  const longest = Math.max(...rounds.map(({ charge, start }) => charge + start));
  return [
    `bootctl would move RTS and DTR of ${port ?? 'the adapter'} to find out what they do: one, the other or both asserted, up to three states`,
    `in a row, each for ${rounds[0]!.pulse} to ${Math.max(...charges)} ms, at most ${longest} ms together, or 6 s where a capacitor holds that long; in between both are released.`,
    `${experiments} sequences at most, ${minutes(time)}; a board that shows its ROM takes some 10 to 40 sequences and one or two minutes.`,
    'The board is reset many times, and its application does not run meanwhile: take off what must not move or heat.',
    'Between the resets 0x7F may be sent on the adapter, which calls the ROM. Nothing is erased or written.',
  ];
}

/** Where the profile is, and what it lacks. */
export function learnedLines({ board, text }: Learned, file: string | undefined): readonly string[] {
  const open = board.unknown.map((one) => `  - ${one}`);
  const unknown = open.length > 0 ? ['Unknown:', ...open] : [];
  return file === undefined
    ? [...unknown, 'Nothing was written. This would be the profile:', '', ...text.trimEnd().split('\n')]
    : [
        ...unknown,
        `Written: ${file}`,
        ...(board.circuit ? [`Use it: bootctl recover firmware.hex --profile ${file}`] : []),
      ];
}
