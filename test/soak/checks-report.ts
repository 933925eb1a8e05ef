import { catalog } from '../../src/base/error-catalog/catalog.ts';
import { type Check, errorOf, has, moved, resultOf, writesImage } from './check.ts';
import type { Run } from './evidence.ts';

/** README, "Exit status". */
const statusOf: Readonly<Record<string, number>> = {
  internal: 1,
  usage: 2,
  adapter: 3,
  entry: 4,
  protocol: 5,
  protection: 6,
  verify: 7,
  application: 8,
  aborted: 130,
};
const kindOf = (code: string): string =>
  (catalog as Readonly<Record<string, { kind: string }>>)[code]?.kind ?? 'internal';

/** Longest of a job that does no more than its work. */
const usualTime = 120_000;
/** An L1 takes 3.3 ms for each 128 bytes, a slow USART 90 ms for 1 KiB, and it may be read three times. */
const timePerByte = 1.5;

function longest({ world, sectors }: Run): number {
  const bytes = world.pieces.reduce((sum, { length }) => sum + length, 0) + (world.range?.length ?? 0);
  const size = sectors.reduce((sum, sector) => sum + sector.size, 0);
  const isKeeping = world.options.includes('--keep') || world.options.includes('--unprotect');
  return usualTime + timePerByte * bytes + (isKeeping ? 0.5 * size : 0);
}

function wrongStatus(run: Run): string | undefined {
  const { error, ok, exitCode } = resultOf(run);
  const { code } = errorOf(run);
  if (exitCode !== run.status) return `the result says exit ${exitCode}, the process ${run.status}`;
  if (ok !== (run.status === 0) || (error === null) !== (run.status === 0)) return `ok ${ok}, exit ${run.status}`;
  const kind = code === undefined ? undefined : kindOf(code);
  // What can be refused only once the target has been seen is no refusal before anything moved.
  const isLate = kind === 'usage' && moved(run) !== undefined;
  const wanted = kind === undefined ? 0 : isLate ? statusOf.protocol : statusOf[kind];
  return wanted === run.status ? undefined : `${code} is exit ${wanted}, not ${run.status}`;
}

function emptyWords(run: Run): string | undefined {
  if (run.status === 0) return undefined;
  const { message, hint } = run.result ? errorOf(run) : wordsOf(run);
  if (!message?.trim() || !hint?.trim()) return 'the error has no message or no hint';
  return undefined;
}

/** Of the text output: `FAIL  [code] message` and the hint below it, or a refusal in one line. */
function wordsOf({ stderr }: Run): { message?: string | undefined; hint?: string | undefined } {
  const [, message, hint] = /(?:FAIL.*?\[[a-z-]+\] |^bootctl: )(.+)\n {2}(.+)/m.exec(stderr) ?? [];
  return { message, hint };
}

function oddWords({ stdout, stderr }: Run): string | undefined {
  const odd = /undefined|NaN|\[object |Infinity/.exec(stdout + stderr)?.[0];
  return odd && `the output says ${odd}`;
}

function controlCharacter({ stdout, stderr }: Run): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  const found = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/.exec(stdout + stderr)?.[0];
  return found && `the output has the control character 0x${found.charCodeAt(0).toString(16)}`;
}

function backInTime({ lines }: Run): string | undefined {
  let last = 0;
  for (const line of lines ?? []) {
    const t = Number(line?.t);
    if (!(t >= last)) return `an event at ${line?.t} ms after one at ${last} ms`;
    last = t;
  }
  return undefined;
}

function wrongDurations(run: Run): string | undefined {
  const durations = resultOf(run).durations as Readonly<Record<string, number>> | undefined;
  const took = run.ended - run.started;
  const odd = Object.entries(durations ?? {}).find(([, time]) => !(time >= 0 && time <= took + 1));
  return odd && `${odd[0]} took ${odd[1]} ms of ${took.toFixed(1)} ms`;
}

function wrongInterface(run: Run): string | undefined {
  const { bootloader } = resultOf(run);
  if (bootloader === 'dfu' && run.requests.length === 0) return 'a DFU bootloader without a request';
  return bootloader === 'usart' && run.bytesSent === 0 ? 'a USART bootloader without a byte' : undefined;
}

function wrongImage(run: Run): string | undefined {
  const { image } = resultOf(run) as { image?: { bytes: number } | null };
  const bytes = run.image.reduce((sum, { data }) => sum + data.length, 0);
  if (!writesImage(run) || run.status !== 0 || has(run, '--dry-run') || image?.bytes === bytes) return undefined;
  return run.result && `an image of ${bytes} bytes is said to have ${image?.bytes}`;
}

/** What the command says and returns, against what it did. */
export const reportChecks: readonly Check[] = [
  {
    name: 'ends',
    says: 'Every job ends.',
    source: 'DESIGN decision 2',
    run: ({ status }) => (Number.isNaN(status) ? 'it waits for nothing that could come' : undefined),
  },
  {
    name: 'ends-in-time',
    says: 'A job ends within the time that its tries and its bytes take.',
    source: 'issue 8, "one job took 454 s"',
    run: (run) => {
      const took = run.ended - run.started;
      return took > longest(run) ? `${(took / 1e3).toFixed(1)} s, of ${(longest(run) / 1e3).toFixed(1)} s` : undefined;
    },
  },
  {
    name: 'no-internal-error',
    says: 'No job ends as a bug.',
    source: 'README, exit status 1',
    run: (run) => (run.status === 1 ? `exit 1: ${errorOf(run).message ?? run.stderr.split('\n')[1]}` : undefined),
  },
  {
    name: 'no-rejection',
    says: 'No promise is left behind that fails unseen.',
    source: 'src/ops/job/effects.ts',
    run: ({ rejections }) => (rejections.length > 0 ? String(rejections[0]) : undefined),
  },
  {
    name: 'status-of-error',
    says: 'The exit status is the one of the error’s kind, in the process and in the result.',
    source: 'README, exit status',
    run: (run) => (run.result ? wrongStatus(run) : undefined),
  },
  {
    name: 'known-status',
    says: 'The exit status is one of those that are documented.',
    source: 'README, exit status',
    run: ({ status }) =>
      status === 0 || Object.values(statusOf).includes(status) || Number.isNaN(status) ? undefined : `exit ${status}`,
  },
  {
    name: 'message-and-hint',
    says: 'Every failure has a message and a hint.',
    source: 'README, "what happened at each attempt and what to do"',
    run: emptyWords,
  },
  {
    name: 'words-make-sense',
    says: 'No output shows a value that was not there.',
    source: 'CONTRIBUTING, Words',
    run: oddWords,
  },
  {
    name: 'plain-output',
    says: 'Where no terminal is, the output has no control characters.',
    source: 'CWE-150',
    run: controlCharacter,
  },
  {
    name: 'every-line-parses',
    says: 'Every line of --json is a JSON object.',
    source: 'README, --json',
    run: ({ lines }) => (lines?.some((line) => typeof line !== 'object') ? 'a line is no JSON object' : undefined),
  },
  {
    name: 'last-line-is-result',
    says: 'The last line of --json is the result, and no other line is one.',
    source: 'README, --json',
    run: (run) => {
      const { lines, argv } = run;
      // A dry run has no result, as nothing was done.
      if (!lines || (argv.includes('--dry-run') && run.status === 0)) return undefined;
      const results = lines.filter((line) => line?.event === 'result').length;
      return results === 1 && lines.at(-1)?.event === 'result' ? undefined : `${results} results`;
    },
  },
  {
    name: 'pass-and-fail',
    says: 'PASS stands on stdout after exit 0, FAIL or the refusal on stderr after any other.',
    source: 'README, PASS',
    run: (run) => {
      if (run.lines || has(run, '--dry-run')) return undefined;
      const [passes, fails] = [/^PASS/m.test(run.stdout), /^(FAIL|bootctl:)/m.test(run.stderr)];
      const isRight = run.status === 0 ? passes && !fails : fails && !passes;
      return isRight
        ? undefined
        : `exit ${run.status} with ${passes ? 'PASS' : 'no PASS'} and ${fails ? 'FAIL' : 'no FAIL'}`;
    },
  },
  { name: 'time-goes-on', says: 'Times of events never go back.', source: 'README, --json', run: backInTime },
  {
    name: 'durations-are-true',
    says: 'No part of a job took longer than the job.',
    source: 'README, --json',
    run: wrongDurations,
  },
  {
    name: 'interface-is-true',
    says: 'The bootloader that is named was spoken to.',
    source: 'DESIGN decision 6',
    run: wrongInterface,
  },
  {
    name: 'image-is-true',
    says: 'The result names the image that was flashed.',
    source: 'README, --json',
    run: wrongImage,
  },
  {
    name: 'files-are-private',
    says: 'Kept files are 0600 in a folder of 0700.',
    source: 'issue 4',
    run: ({ files }) => {
      const open = files.find(({ path, mode, folderMode }) => isKept(path) && (mode !== 0o600 || folderMode !== 0o700));
      return open && `${open.path} is ${open.mode.toString(8)} in ${open.folderMode.toString(8)}`;
    },
  },
  {
    name: 'files-are-named',
    says: 'Every file that is left is named.',
    source: 'DESIGN decision 28',
    story: ({ runs }) => {
      const said = runs.map(({ stdout, stderr }) => stdout + stderr).join('');
      const silent = runs.at(-1)!.files.find(({ path }) => isKept(path) && !said.includes(path));
      return silent && `${silent.path} is left without a word`;
    },
  },
];

const isKept = (path: string): boolean => /\/state\//.test(path);
