import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judge, unjudged, type Verdict } from './campaign.ts';
import { checks, failuresOf } from './checks.ts';
import { live } from './run.ts';
import { fails, shrink } from './shrink.ts';
import { drawWorld, type World } from './world.ts';

const help = `npm run soak -- [options]
  --jobs N       how many jobs (1000)
  --seed N       seed of the first job (1); a job is its seed
  --workers N    processes (2)
  --world SEED   lives through one world and prints what it was and what happened
  --json TEXT    the same for a world as it is printed
  --no-shrink    does not look for the smallest world of each kind of failure
`;

const { values: options } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    world: { type: 'string' },
    json: { type: 'string' },
    'no-shrink': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** For the smallest world of one kind of failure, in ms of real time. */
const shrinkTime = 60_000;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** A worker: every so-manieth seed, each verdict told to the parent. */
async function work([first, jobs, step]: readonly number[]): Promise<void> {
  for (let index = 0; index < jobs!; index += step!) process.send!(await judge(first! + index));
  process.disconnect();
}

function runAll(first: number, jobs: number, workers: number): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const started = performance.now();
  let told = started;
  const take = (verdict: Verdict) => {
    verdicts.push(verdict);
    for (const { check, run, what } of verdict.failures) say(`seed ${verdict.seed}, run ${run}: ${check}: ${what}`);
    if (performance.now() - told < 10_000) return;
    told = performance.now();
    const rate = verdicts.length / ((told - started) / 1e3);
    say(`${verdicts.length} of ${jobs} jobs, ${rate.toFixed(1)} a second`);
  };
  const ends = Array.from({ length: workers }, (_, index) => {
    const share = [first + index, jobs - index, workers].map(String);
    const child = fork(fileURLToPath(import.meta.url), [], { env: { ...process.env, SOAK_SHARE: share.join(' ') } });
    child.on('message', take as (message: unknown) => void);
    return new Promise<void>((resolve) => {
      child.on('exit', (code, signal) => {
        // What it has not judged is counted at the end, and fails the campaign.
        if (code !== 0) say(`a worker has died: ${signal ?? `exit ${code}`}`);
        resolve();
      });
    });
  });
  return Promise.all(ends).then(() => {
    const seconds = (performance.now() - started) / 1e3;
    say(`${verdicts.length} jobs in ${seconds.toFixed(1)} s, ${(verdicts.length / seconds).toFixed(1)} a second`);
    return verdicts.sort((a, b) => a.seed - b.seed);
  });
}

/** How jobs ended, and which checks failed with which seeds. */
function report(verdicts: readonly Verdict[]): Map<string, readonly number[]> {
  const ends = new Map<number, number>();
  for (const { statuses } of verdicts) ends.set(statuses[0]!, (ends.get(statuses[0]!) ?? 0) + 1);
  const counts = [...ends].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
  process.stdout.write(`\nexit statuses of the first runs: ${counts.join(', ')}\n\n`);
  const failing = new Map<string, readonly number[]>();
  for (const { name } of checks) {
    const seeds = verdicts
      .filter(({ failures }) => failures.some(({ check }) => check === name))
      .map(({ seed }) => seed);
    if (seeds.length > 0) failing.set(name, seeds);
    const shown = seeds.slice(0, 12).join(' ') + (seeds.length > 12 ? ' …' : '');
    process.stdout.write(`${name.padEnd(32)} ${String(seeds.length).padStart(6)}  ${shown}\n`);
  }
  return failing;
}

async function showSmallest(failing: ReadonlyMap<string, readonly number[]>): Promise<void> {
  for (const [check, [seed]] of failing) {
    const end = performance.now() + shrinkTime;
    const isFailing = (one: World) => fails(one, check);
    const { world, isCut } = await shrink(drawWorld(seed!), isFailing, () => performance.now() > end);
    const story = await live(world);
    const what = failuresOf(story).find((failure) => failure.check === check)?.what;
    const cut = isCut ? ` (cut after ${shrinkTime / 1e3} s: a smaller world may be left)` : '';
    process.stdout.write(`\n${check}: ${what}${cut}\n  ${JSON.stringify(world)}\n`);
  }
}

async function showWorld(world: World): Promise<number> {
  const story = await live(world);
  process.stdout.write(`${JSON.stringify(world, null, 1)}\n`);
  for (const run of story.runs) {
    process.stdout.write(`\n== run ${run.index + 1}: bootctl ${run.argv.join(' ')}\n${run.stdout}${run.stderr}`);
    for (const { t, board, what, ...more } of run.truth) {
      process.stdout.write(`   ${t.toFixed(1).padStart(9)} ms  ${board} ${what} ${JSON.stringify(more)}\n`);
    }
    process.stdout.write(
      `== exit ${run.status} after ${Math.round(run.ended - run.started)} ms; ${run.faults.join(', ')}\n`,
    );
  }
  const failures = failuresOf(story);
  for (const { check, run, what } of failures) process.stdout.write(`run ${run}: ${check}: ${what}\n`);
  return failures.length > 0 ? 1 : 0;
}

async function campaign(): Promise<number> {
  const [jobs, seed, workers] = [Number(options.jobs), Number(options.seed), Number(options.workers)];
  const verdicts = await runAll(seed, jobs, workers);
  const failing = report(verdicts);
  if (!options['no-shrink']) await showSmallest(failing);
  const bad = verdicts.filter(({ failures }) => failures.length > 0).length;
  process.stdout.write(
    `\n${verdicts.length - bad} of ${verdicts.length} jobs hold, ${bad} do not; ${checks.length} checks\n`,
  );
  const missing = unjudged(seed, jobs, verdicts);
  if (missing.length > 0) {
    process.stdout.write(`${missing.length} jobs were not judged, as a worker has died; first: seed ${missing[0]}\n`);
  }
  return bad > 0 || missing.length > 0 ? 1 : 0;
}

const share = process.env.SOAK_SHARE;
if (share !== undefined) await work(share.split(' ').map(Number));
else if (options.help) process.stdout.write(help);
else if (options.world !== undefined) process.exitCode = await showWorld(drawWorld(Number(options.world)));
else if (options.json !== undefined) process.exitCode = await showWorld(JSON.parse(options.json));
else process.exitCode = await campaign();
