import { join } from 'node:path';
import { parseProfile } from '../../../src/board/profile/parse-profile.ts';
import { scenarioNamed } from '../../../src/sim/scenarios.ts';
import { type CauseCase, causeArguments, causeCases } from '../cause-cases.ts';
import { builtInText, type CaseProfile } from '../profile-text.ts';
import type { AgentClient } from './client.ts';
import { openKernelBench, repository } from './guest.ts';

/** Erase and program take a twentieth of the data sheet's time, as in the tests. */
const timeScale = 0.05;
const firmware = join(repository, 'test/fixtures/firmware/blink-f405.hex');

/** What a job has to be set up for. */
type LadderCase = Pick<CauseCase, 'name' | 'profile' | 'scenario'> &
  Partial<Pick<CauseCase, 'board' | 'latency' | 'timeout'>>;

/** A scenario of `--simulate` on a built-in profile. */
function simulated(name: string, id: string): LadderCase {
  const { name: _name, summary: _summary, ...scenario } = scenarioNamed(name);
  return { name, profile: { id, text: builtInText(id) }, scenario };
}

/** Ways in first, then what is said where there is none. */
const cases: readonly LadderCase[] = [
  ...['crashed', 'healthy', 'dfu-error', 'weak-capacitor', 'stranger'].map((name) => simulated(name, 'rc-cap')),
  simulated('crashed', 'two-line'),
  simulated('crashed', 'cross-coupled'),
  simulated('healthy', 'soft-jump'),
  ...causeCases,
];

/** One row of the table: the cells of `test/benchmarks/ladder.mjs`. */
async function rowOf(client: AgentClient, one: LadderCase): Promise<readonly (string | number)[]> {
  const { name, profile, board = profile, scenario, latency = 0 } = one;
  const parsed = parseProfile(board.text, `${board.id}.yaml`);
  await client.call('reset', {
    boards: [{ name: 'board', profile: parsed, scenario: { ...scenario, memory: { timeScale, ...scenario.memory } } }],
    adapters: [{ name: 'adapter', chip: 'cp2102', board: 'board', latency }],
  });
  const argv = causeArguments(one, firmware, await given(client, profile));
  const command = [process.execPath, join(repository, 'bin/bootctl.js'), ...argv, '--json'];
  const { stdout, status } = await client.call('run', { argv: command });
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
  const causes = result.diagnosis.map(({ cause }: { cause: string }) => cause).join(', ');
  const failure = `${result.error?.code}${causes ? `: ${causes}` : ''}`;
  const outcome = result.ok ? `${result.method} over ${result.bootloader}` : failure;
  const time = `${((result.durations.total ?? 0) / 1000).toFixed(1)} s`;
  return [name, profile.id, status ?? '-', outcome, result.attempts.length, time];
}

async function given(client: AgentClient, { id, text }: CaseProfile): Promise<string> {
  const path = `/tmp/${id}.yaml`;
  await client.call('writeFile', { path, base64: Buffer.from(text).toString('base64') });
  return path;
}

/** Runs the built bootctl on the kernel bench, case after case. */
export async function kernelLadder(row: (...cells: readonly (string | number)[]) => void): Promise<void> {
  await using bench = await openKernelBench();
  process.stderr.write(`# ${bench.where}\n`);
  for (const one of cases) row(...(await rowOf(bench.client, one)));
}
