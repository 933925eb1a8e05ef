import type { SlotState, SlotView } from '../../jig/station-view.ts';
import type { Outcome } from '../../records/records.ts';
import { adviceOf } from '../words/advice.ts';
import type { WordKey } from '../words/words.ts';

/** What a tile looks like: the state of its slot, or how its run ended. */
export type Shown = Exclude<SlotState, 'verdict'> | Outcome;

export const shownOf = ({ state, verdict }: SlotView): Shown =>
  state === 'verdict' ? (verdict?.outcome ?? 'error') : state;

const sentences: Readonly<Record<Exclude<SlotState, 'verdict'>, WordKey>> = {
  absent: 'do.insert',
  settling: 'do.settling',
  waiting: 'do.begin',
  claiming: 'do.claiming',
  running: 'do.running',
  judging: 'do.recording',
  recording: 'do.recording',
  held: 'do.held',
};

/** The sentence that says what to do now. */
export function sentenceOf({ state, needs, verdict }: SlotView): WordKey {
  if (state === 'verdict') return verdict?.outcome === 'pass' ? 'do.pass' : adviceOf(verdict?.code ?? '');
  const [first] = needs;
  return (state === 'waiting' || state === 'absent') && first ? `do.${first}` : sentences[state];
}

/** Which words the phases and the other parts of a job have; a step of jig.yaml has its own name. */
export const stepWord = (name: string, say: (key: WordKey) => string): string =>
  name in stepWords ? say(stepWords[name]!) : name;

const stepWords: Readonly<Record<string, WordKey>> = {
  enter: 'step.enter',
  compare: 'step.compare',
  erase: 'step.erase',
  program: 'step.program',
  verify: 'step.verify',
  read: 'step.read',
  leave: 'step.leave',
  application: 'step.application',
};
