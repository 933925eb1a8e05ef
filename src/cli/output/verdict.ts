import { amount, milliseconds, seconds } from '../../base/text.ts';
import type { FirmwareImage } from '../../image/firmware-image.ts';
import type {
  AttemptReport,
  FlashCondition,
  KeptReason,
  KeptReport,
  RecoverResult,
  TargetState,
} from '../../ops/job/events.ts';
import { bootloaderNames } from '../../trace/event-text.ts';
import type { Colours } from './colours.ts';
import { tableLines } from './table.ts';

/** What the verdict needs beside the result. */
export interface VerdictFacts {
  readonly image?: FirmwareImage | undefined;
  /** The bench was simulated. */
  readonly scenario?: string | undefined;
}

/** What the flash holds after a job that failed. */
const flashSentences: Readonly<Record<FlashCondition, string>> = {
  untouched: 'The flash is untouched.',
  erased: 'The flash is erased: the target has no application.',
  'erased, not checked': 'The ROM acknowledged the erase; the flash was not checked to be blank.',
  'erased in part': 'The flash is erased in part: the target has no application now.',
  'written in part': 'The flash is written in part: the application cannot run.',
  'written, not verified': 'The flash is written, but was not read back: nobody knows whether it holds the image.',
  verified: 'The flash holds the image: it was read back and compared.',
  differs: 'The flash differs from the image: do not use this target before a run that ends well.',
};

/** Where the target is, where that is not its application. */
const targetSentences: Readonly<Partial<Record<TargetState, string>>> = {
  bootloader: 'The target stays in its bootloader until its next reset.',
  unknown: 'It is not known whether the target is in its bootloader: reset it to be sure.',
};

/** Why what stood around the image is not back. */
const keptSentences: Readonly<Record<KeptReason, string>> = {
  cut: 'this job did not come to its end',
  'not-read-back': 'they were written back, but were not checked',
  'not-proven': 'nothing proves that this is the board they were taken from',
  'other-board': 'they were taken from another board',
  'other-content': 'the flash holds something else there, or this job had nothing to do with those sectors',
  'in-place': 'the flash holds them, but nothing proves that this is the board they were taken from',
  'not-asked': 'an interrupted job was to keep them, and this one was not',
};

function keptText({ path, bytes, reason, isProvable }: KeptReport): string {
  const isBack = isProvable && (reason === 'cut' || reason === 'not-asked');
  const how = isBack ? `\`--keep\` or \`--restore ${path}\` puts` : `if they belong here, \`--restore ${path}\` puts`;
  return `${path} holds ${amount(bytes, 'bytes')} that stood around an image: ${keptSentences[reason]}; ${how} them back.`;
}

/** What is left in a file, and how it comes back. */
export const keptLine = (kept: KeptReport): string => `  ${keptText(kept)}`;

const applicationWords = {
  seen: 'seen',
  'not-seen': 'not seen',
  'not-checked': 'not checked: the profile says nothing to look for',
} as const;

/** A pass of a simulated bench must never be taken for that of a board. */
const simulatedMark = ({ scenario }: VerdictFacts): string => (scenario === undefined ? '' : ' (simulated)');

/** What was observed, and nothing more. */
function headline({ bootloader, verified, application }: RecoverResult, image: FirmwareImage | undefined): string {
  if (!image) return `the target is in its ${bootloaderNames[bootloader ?? 'dfu']} bootloader until its next reset`;
  const words = ['flashed', ...(verified ? ['verified'] : []), ...(application === 'seen' ? ['running'] : [])];
  const last = words.pop();
  const unchecked = application === 'not-checked' ? '; whether it runs was not checked' : '';
  return `${image.name} is ${words.length > 0 ? `${words.join(', ')} and ` : ''}${last}${unchecked}`;
}

/** `26.5 ms planned, 24.3 ms measured`; undefined for a method without one. */
function marginText({ plannedMargin, measuredMargin }: AttemptReport): string | undefined {
  if (plannedMargin === undefined) return undefined;
  const measured = measuredMargin === undefined ? '' : `, ${milliseconds(measuredMargin)} measured`;
  return `${milliseconds(plannedMargin)} planned${measured}`;
}

/** `2.01 s: enter 0.47 s, flash 1.28 s`, without the parts that took next to nothing. */
function durationsText({ total = 0, ...parts }: RecoverResult['durations']): string {
  const long = Object.entries(parts).filter(([, time]) => time >= 10);
  const text = long.map(([part, time]) => `${part} ${seconds(time)}`).join(', ');
  return text ? `${seconds(total)}: ${text}` : seconds(total);
}

/** Nothing where no bootloader was wanted. */
function methodText({ method, bootloader, attempts }: RecoverResult): string | undefined {
  const last = attempts.at(-1);
  if (bootloader === null) return undefined;
  if (method === 'already-there' || !last) return 'none needed: the bootloader was running already';
  return `${last.method} (${last.change}), attempt ${attempts.length}`;
}

/** The end of a job that did and saw what was asked for; `done` says it for a command that is not the main job. */
export function passLines(
  result: RecoverResult,
  facts: VerdictFacts,
  colours: Colours,
  done?: string,
): readonly string[] {
  const { image } = facts;
  const last = result.attempts.at(-1);
  const rows = [
    ['method', methodText(result)],
    ['margin', last && marginText(last)],
    ['image', image && `${amount(image.bytes, 'bytes')}, sha256 ${image.sha256.slice(0, 12)}…`],
    ['verified', image && (result.verified ? 'yes: read back and compared' : 'no')],
    ['application', image && applicationWords[result.application]],
    ['target', targetSentences[result.target]],
    ...result.kept.map((kept) => ['set aside', keptText(kept)] as const),
    ['time', durationsText(result.durations)],
  ];
  return [
    `${colours.bold(colours.green('PASS'))}${simulatedMark(facts)}  ${done ?? headline(result, image)}`,
    ...rows.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name!.padEnd(12)} ${text}`])),
  ];
}

/** The end of a job that failed: what happened, what to do, what the flash holds, what was tried. */
export function failLines(result: RecoverResult, facts: VerdictFacts, colours: Colours): readonly string[] {
  const { error, exitCode, flash, target, attempts, durations } = result;
  const whereabouts = targetSentences[target];
  const { code, message, hint } = error ?? { code: 'internal', message: 'no reason is known', hint: '' };
  // Against a protection that stays, the same command would come to the same end.
  const isInParts = flash === 'erased in part' || flash === 'written in part';
  const again = isInParts && code !== 'write-protected' ? ' Run the same command again.' : '';
  const idle = code === 'aborted' ? ' Both lines are released and the port is closed.' : '';
  return [
    `${colours.bold(colours.red('FAIL'))}${simulatedMark(facts)}  [${code}] ${message}`,
    `  ${hint}`,
    `  ${flashSentences[flash]}${again}${idle}`,
    ...(whereabouts === undefined ? [] : [`  ${whereabouts}`]),
    ...result.kept.map(keptLine),
    ...diagnosisLines(result),
    ...(attempts.length > 0 ? ['', ...attemptTable(attempts).map((line) => `  ${line}`), ''] : []),
    `  exit status ${exitCode}, after ${durationsText(durations)}`,
  ];
}

/** The likely causes, numbered in the order of how much speaks for them. */
const diagnosisLines = ({ diagnosis }: RecoverResult): readonly string[] =>
  diagnosis.flatMap(({ evidence, advice }, index) => [
    ...(index === 0 ? ['', '  Likely causes, the most telling first:'] : []),
    `  ${index + 1}. ${evidence}`,
    `     ${advice}`,
  ]);

const attemptTable = (attempts: readonly AttemptReport[]): readonly string[] =>
  tableLines(
    ['#', 'method', 'change', 'outcome', 'took', 'margin'],
    attempts.map((attempt, index) => [
      `${index + 1}`,
      attempt.method,
      attempt.change,
      attempt.outcome,
      seconds(attempt.took),
      marginText(attempt) ?? '',
    ]),
  );
