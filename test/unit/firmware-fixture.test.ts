import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = new URL('../fixtures/firmware/', import.meta.url).pathname;
const outputs = ['blink-f405.elf', 'blink-f405.hex', 'blink-f405.bin'] as const;
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const pinned = /`arm-none-eabi-gcc (\([^)]+\) [\d.]+ \d+)`/.exec(readme)![1]!;

const compiler = spawnSync('arm-none-eabi-gcc', ['--version'], { encoding: 'utf8' });
const here = compiler.status === 0 ? compiler.stdout.split('\n')[0]! : undefined;
const missing = here?.includes(pinned) ? undefined : `the compiler is ${here ?? 'not installed'}, not ${pinned}`;

test.each(outputs)('%s is the file that its README names', (name) => {
  const sha256 = createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');
  expect(readme).toContain(`${sha256}  ${name}`);
});

describe('a new build', () => {
  test(`gives the committed bytes${missing ? ` (not run: ${missing})` : ''}`, ({ skip }) => {
    if (missing) return skip(missing);
    const out = mkdtempSync(join(tmpdir(), 'bootctl-firmware-'));
    try {
      const build = spawnSync('sh', [join(folder, 'build.sh'), out], { encoding: 'utf8' });
      expect(build.stderr).toBe('');
      expect(build.status).toBe(0);
      for (const name of outputs) {
        expect(readFileSync(join(out, name)).equals(readFileSync(join(folder, name))), name).toBe(true);
      }
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});
