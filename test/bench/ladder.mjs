/*
 * Every scenario of the simulated bench with every built-in profile: what got in, or the diagnosis, and the time that
 * the job took on the bench's own clock.
 *
 *   npm run build && node test/bench/ladder.mjs
 */
import { join } from 'node:path';
import { readImage } from '../../dist/src/image/load-image.js';
import { recover } from '../../dist/src/ops/recover.js';
import { findProfile } from '../../dist/src/profiles/find-profile.js';
import { createSimBench, scenarios } from '../../dist/src/sim/index.js';

const root = join(import.meta.dirname, '../..');
const image = await readImage(join(root, 'test/fixtures/firmware/blink-f405.hex'));
const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

row('scenario', 'profile', 'exit', 'in by, or diagnosis', 'attempts', 'time');
row('---', '---', '---', '---', '---', '---');
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
