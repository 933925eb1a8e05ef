import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../helpers/source-files.ts';

// `npm run soak:jig -- --units 10000 --slots 8 --kill` by hand.
test('a small soak: slots and station are killed, the disk is full, the records are locked, and nothing is lost', () => {
  const argv = ['test/soak/jig.mjs', '--units', '30', '--slots', '3', '--seed', '11', '--kill'];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv.with(0, join(root, argv[0]!)), {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ units: 30, pass: 30, shown: 30, used: '30' });
}, 240_000);
