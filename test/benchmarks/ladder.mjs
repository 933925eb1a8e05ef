/*
 * Every scenario of the simulated bench with every built-in profile: what got in, or the diagnosis, and the time that
 * the job took on the bench's own clock.
 *
 *   npm run build && node test/benchmarks/ladder.mjs
 *
 * With `--kernel` the built bootctl itself on real drivers, in the guest of the kernel bench: a few ways in, and a board
 * for each cause (test/kernel/cause-cases.ts). It takes about four minutes.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { findProfile } from '../../dist/src/board/profile/find-profile.js';
import { readImage } from '../../dist/src/image/load-image.js';
import { recover } from '../../dist/src/ops/recover.js';
import { createSimBench, scenarios } from '../../dist/src/sim/index.js';

const root = join(import.meta.dirname, '../..');
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

async function simulatedLadder() {
  const image = await readImage(join(root, 'test/fixtures/firmware/blink-f405.hex'));
  for (const { name } of scenarios) {
    for (const id of ['rc-cap', 'two-line', 'cross-coupled', 'soft-jump']) {
      const profile = findProfile(id, { cwd: root });
      try {
        const bench = createSimBench({ profile, scenario: name });
        const { ok, exitCode, method, bootloader, attempts, diagnosis, error, durations } = await recover({
          profile,
          image,
          bench,
        });
        const causes = diagnosis.map(({ cause }) => cause).join(', ');
        const outcome = ok ? `${method} over ${bootloader}` : `${error.code}${causes ? `: ${causes}` : ''}`;
        row(name, id, exitCode, outcome, attempts.length, `${(durations.total / 1000).toFixed(1)} s`);
      } catch (refusal) {
        row(name, id, refusal.exitStatus ?? 1, `refused: ${refusal.message}`, 0, '-');
      }
    }
  }
}

async function kernelLadder() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [compiler, '-p', 'test/kernel'], { cwd: root, stdio: 'inherit' });
  const { kernelLadder } = await import(join(root, 'build/kernel/js/test/kernel/guest/ladder.js'));
  await kernelLadder(row);
}

row('scenario', 'profile', 'exit', 'in by, or diagnosis', 'attempts', 'time');
row('---', '---', '---', '---', '---', '---');
await (process.argv.includes('--kernel') ? kernelLadder() : simulatedLadder());
