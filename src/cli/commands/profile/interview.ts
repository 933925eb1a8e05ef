import { BootctlError } from '../../../base/errors.ts';
import type { PortInfo } from '../../../bench/serial-link.ts';
import { type BoardAnswers, boardDraft } from '../../../board/interview/board-draft.ts';
import { presetNamed } from '../../../board/interview/presets.ts';
import { draftText } from '../../../board/profile/draft.ts';
import { parseProfile } from '../../../board/profile/parse-profile.ts';
import { profileWarnings } from '../../../board/profile/profile-warnings.ts';
import type { Prompter } from '../../ask/prompter.ts';
import {
  askAdapter,
  askApplication,
  askCircuit,
  askFamily,
  askName,
  askNrstCapacitor,
  askReach,
} from './board-questions.ts';
import { askParts } from './parts-questions.ts';

/** What is known before the first question. */
export interface InterviewSetup {
  readonly ports: readonly PortInfo[];
  /** Name of the profile, where its file was named. */
  readonly id?: string;
  /** Why a profile may not have this name. */
  readonly refuse: (id: string) => string | undefined;
}

/** The profile of a board by the answers of a person. */
export interface Described {
  readonly id: string;
  readonly text: string;
  readonly warnings: readonly string[];
}

/** @throws BootctlError `answers-ended`, `usage`, `profile-invalid`, `aborted` */
export async function interview(prompter: Prompter, setup: InterviewSetup): Promise<Described> {
  const family = await askFamily(prompter);
  const adapter = await askAdapter(prompter, setup.ports);
  const circuit = await askCircuit(prompter, adapter);
  const preset = presetNamed(circuit.preset);
  const rc = preset.hasCapacitor ? await askParts(prompter) : undefined;
  const nrstCapacitor = circuit.preset === 'no-lines' ? undefined : await askNrstCapacitor(prompter);
  const reach = await askReach(prompter, family, preset, adapter !== 'none' || circuit.preset === 'gpio');
  const application = await askApplication(prompter, reach);
  const id = setup.id ?? (await askName(prompter, setup.refuse));
  const answers: BoardAnswers = {
    id,
    description: preset.label.charAt(0).toUpperCase() + preset.label.slice(1),
    ...(family !== undefined && { family }),
    ...(adapter !== 'none' && adapter !== 'any' && { adapter: adapter.answer }),
    ...circuit,
    ...(rc && { rc }),
    ...(nrstCapacitor !== undefined && { nrstCapacitor }),
    ...reach,
    application,
  };
  return checked(prompter, answers);
}

/** Parts that cannot work are asked for again, where that can be; nothing that does not pass the check leaves this. */
async function checked(prompter: Prompter, answers: BoardAnswers): Promise<Described> {
  const text = draftText(boardDraft(answers));
  try {
    const profile = parseProfile(text, `${answers.id}.yaml`);
    return { id: answers.id, text, warnings: profileWarnings(profile) };
  } catch (error) {
    const isParts = error instanceof BootctlError && error.code === 'profile-invalid' && answers.rc !== undefined;
    if (!isParts) throw error;
    // The place would be one in a file that nobody has seen.
    if (!prompter.asksAgain) throw error.with({ message: reasonOf(error.message), hint: 'Nothing was written.' });
    prompter.say(`With these parts it cannot work. ${reasonOf(error.message)}`);
    return checked(prompter, { ...answers, rc: await askParts(prompter) });
  }
}

/** The first problem without its place. */
const reasonOf = (message: string): string => message.split('\n')[0]!.replace(/^\S+:\d+:\d+: [^ ]+: /, '');
