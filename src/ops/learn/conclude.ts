import {
  circuitOf,
  describeWay,
  evidenceOf,
  type LearningContext,
  resetLineOf,
} from '../../../machines/learning.policy.ts';
import { hiddenIn, keysOf } from '../../../machines/learning-claim.policy.ts';
import { heldBy, type Observation, shownBy } from '../../../machines/learning-evidence.policy.ts';
import type { Bracket } from '../../../machines/learning-times.policy.ts';
import { count } from '../../base/text.ts';
import { pinsOf, wiringKey } from '../../board/circuit/wiring.ts';
import { experimentText } from '../../board/learning/experiment.ts';
import type { Hypothesis } from '../../board/learning/hypotheses.ts';
import type { LearnedBoard, Span } from '../../board/learning/learned-board.ts';
import { cloneIn } from './application.ts';

/** What the experiments say of the circuit. */
export type Circuit = Pick<
  LearnedBoard,
  'circuit' | 'nrst' | 'boot0' | 'storage' | 'hidden' | 'resetLine' | 'hold' | 'charge'
> & { readonly unknown: readonly string[] };

export function concluded(context: LearningContext): Circuit {
  const circuit = circuitOf(context);
  const line = circuit ? null : resetLineOf(context);
  return {
    circuit,
    nrst: resetEvidence(context),
    boot0: circuit ? boot0Evidence(context, circuit) : '',
    storage: circuit ? storageEvidence(context, circuit) : '',
    hidden: circuit ? hiddenIn(circuit) : [],
    resetLine: line && { value: line, evidence: resetEvidence(context) },
    hold: spanOf(context, 'hold'),
    charge: spanOf(context, 'charge'),
    unknown: [...whyUnknown(context, circuit), ...leftOpen(context, circuit)],
  };
}

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function resetEvidence(context: LearningContext): string {
  const evidence = evidenceOf(context);
  const shown = context.log.map((_, index) => shownBy(evidence, index).reset);
  const seen = shown.filter((reset) => reset === true).length;
  const not = shown.filter((reset) => reset === false).length;
  const states = new Set(
    context.log.flatMap(({ experiment }, index) =>
      shown[index] === true && experiment.steps.length === 1 ? [wiringKey(experiment.steps[0]!.lines)] : [],
    ),
  );
  const alone = states.size > 0 ? `, by ${[...states].join(' and by ')} alone` : '';
  return `The target was seen to be reset in ${count(seen, 'sequence')}${alone}${not > 0 ? `, and seen not to be in ${not}` : ''}.`;
}

function boot0Evidence({ log, wayIn }: LearningContext, { wiring }: Hypothesis): string {
  const entered = log.filter(({ rom }) => rom?.isFresh);
  const high = keysOf(wiring).filter((key) => wiring[key].boot0 === 1);
  return `${capital(count(entered.length, 'sequence'))} started the ROM, the first with ${describeWay(wayIn!)}; BOOT0 is 1 with ${high.join(' and with ')}.`;
}

const isCarried = ({ wiring }: Hypothesis, { experiment, rom }: Observation): boolean =>
  rom?.isFresh === true && pinsOf(wiring, experiment.steps.at(-1)!.lines).boot0 === 0;

function storageEvidence(context: LearningContext, circuit: Hypothesis): string {
  const { log } = context;
  const shown = log.find((one) => isCarried(circuit, one));
  return circuit.storage === 'capacitor'
    ? `A capacitor carries BOOT0: the ROM started after the line had let it go${shown ? `, with ${experimentText(shown.experiment)}` : ''}.`
    : `No capacitor carries BOOT0: it follows its line, also over ${shortestPulse(context)}.`;
}

/** The shortest state, as its edges were measured. */
function shortestPulse({ log }: LearningContext): string {
  const held = log.flatMap(heldBy).map(({ hold }) => hold);
  return `a pulse of ${Math.round(Math.min(...held))} ms`;
}

function spanOf({ brackets }: LearningContext, name: Bracket['name']): Span | null {
  const bracket = brackets.find((one) => one.name === name);
  if (!bracket || bracket.resets === 0) return null;
  const { works, fails } = bracket.measured;
  // A hold without an end was longer than anything that was tried.
  if (name === 'hold') return { low: works, high: fails ?? works * 2, resets: bracket.resets };
  return { low: fails ?? 0, high: works, resets: bracket.resets };
}

function whyUnknown(context: LearningContext, circuit: Hypothesis | null): readonly string[] {
  const { trouble, remaining } = context;
  if (circuit) return [];
  const passing = onlyWhileHeld(context);
  if (passing) return [passing];
  const clone = cloneSeen(context);
  if (clone) return [clone];
  if (trouble === 'no-rom') return [noRom(context)];
  if (trouble === 'unproven') {
    return [
      'A bootloader came once and did not come again by the same sequence: it may be that of another board, or a contact is bad.',
    ];
  }
  if (trouble === 'contradictory') {
    return [
      'No circuit of two lines explains all that was seen: a contact is bad, or something else moves NRST or BOOT0.',
    ];
  }
  const open = keysOf(remaining[0]?.wiring ?? ({} as Hypothesis['wiring'])).filter(
    (key) => new Set(remaining.map(({ wiring }) => `${wiring[key].boot0}${wiring[key].nrst}`)).size > 1,
  );
  return [
    `${count(remaining.length, 'circuit')} would explain all that was seen; they differ with ${open.join(', with ')}.`,
  ];
}

/** A target that runs only while the lines are held is in reset while they are idle. */
function onlyWhileHeld({ log }: LearningContext): string | undefined {
  const stays = new Set(log.flatMap(({ left, stayed }) => [...left, ...stayed]));
  const passed = log.flatMap((one) => one.passed.filter((key) => !stays.has(key)).map((key) => ({ key, one })));
  const [first] = passed;
  if (!first || passed.filter(({ key }) => key === first.key).length < 2) return undefined;
  const lines = experimentText(first.one.experiment);
  return `${first.key} was on the bus only while the lines were held, as with ${lines}: with both lines released the board is in reset. Swap the polarity of NRST: a board that is reset while no port is open cannot be described.`;
}

/** A ROM of another maker: what the lines do to it is not learned, only that it came. */
function cloneSeen({ log }: LearningContext): string | undefined {
  const key = log.flatMap(({ came }) => came).find((one) => cloneIn(one) !== undefined);
  if (key === undefined) return undefined;
  return `The bootloader of a clone came, ${cloneIn(key)!.name} (${key}): \`learn\` takes the ROM of an STM32 for a proof, and no other.`;
}

function noRom(context: LearningContext): string {
  const evidence = evidenceOf(context);
  const wasReset = context.log.some((_, index) => shownBy(evidence, index).reset === true);
  const where = 'no bootloader came on USB, and none answered 0x7F on the adapter';
  return wasReset
    ? `The lines reset the target, but ${where}: no line moves BOOT0, or nobody can see the ROM here.`
    : `No state of RTS and DTR has shown anything: nothing left the bus, ${where}. Either the lines reach no pin, or the target is dead, or nothing of it can be seen here.`;
}

/** What stays open beside a circuit that is claimed. */
function leftOpen({ remaining, brackets }: LearningContext, circuit: Hypothesis | null): readonly string[] {
  if (!circuit) return [];
  const others = remaining.filter(({ wiring }) =>
    keysOf(wiring).some((key) => wiring[key].nrst === 1 && wiring[key].boot0 !== circuit.wiring[key].boot0),
  );
  const late =
    others.length > 0 && circuit.storage === 'direct'
      ? [
          'It is taken for granted that BOOT0 moves before NRST has risen: a BOOT0 that falls later would look like one that is 1 there.',
        ]
      : [];
  const untimed =
    circuit.storage === 'capacitor' && brackets.every(({ resets }) => resets === 0)
      ? [
          'How long the capacitor holds BOOT0: no state of the lines resets without charging it, none charges without a reset, or it is charged while they are idle.',
        ]
      : [];
  const atStart = hiddenIn(circuit).includes('rts released, dtr released')
    ? ['What the board starts at power-up while the adapter is idle: BOOT0 was never read in that state.']
    : [];
  return [
    ...late,
    ...untimed,
    ...atStart,
    'The pull-up and the capacitor of NRST: 40k and 100nF are taken for granted.',
  ];
}
