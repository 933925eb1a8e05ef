import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../helpers/source-files.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? '';

test('the library examples run as they stand, against the built package', () => {
  const folder = join(root, 'build');
  mkdirSync(folder, { recursive: true });
  const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const printed = examples.map((code, index) => {
    const file = join(folder, `readme-example-${index}.mjs`);
    writeFileSync(file, code);
    return execFileSync(process.execPath, [file], { cwd: root, encoding: 'utf8' }).trim().split('\n');
  });
  const firmware = readFileSync(join(root, 'test/fixtures/firmware/blink-f405.bin'));
  expect(printed).toEqual([
    [
      'compare 33728 bytes',
      'erase 4 sectors',
      'program 33724 bytes',
      'verify 33724 bytes',
      'program 4 bytes',
      'verify 2048 bytes',
      'rc-cap true seen',
    ],
    [firmware.toString('hex', 0, 8)],
  ]);
});

test("the profile in the README is valid, and its board's physics work", async () => {
  const { parseProfile } = await import('../../src/board/profile/parse-profile.ts');
  const text = block('yaml').replace(/^ {3}/gm, '');
  expect(parseProfile(text, '/tmp/my-board.yaml')).toMatchObject({ id: 'my-board', methods: ['rc-cap', 'lines'] });
});

test('the jig.yaml in the README is valid, once its board and its firmware are there', async () => {
  const { readJig } = await import('../../src/jig/plan/read-jig.ts');
  const firmware = join(root, 'test/fixtures/firmware/blink-f405.hex');
  const text = /```yaml\n(station:[\s\S]*?)```/
    .exec(readme)![1]!
    .replace('profile: my-board', 'profile: rc-cap')
    .replace(/^image: .*$/m, `image: ${JSON.stringify(firmware)}`);
  const { plan } = await readJig(text, '/tmp/jig.yaml');
  expect(plan).toMatchObject({
    station: 'line2-a',
    lot: 'line2-a',
    start: { on: ['insert'] },
    records: '/tmp/records.db',
  });
  expect(plan.slots.map(({ name }) => name)).toEqual(['A1', 'A2']);
});

test('the lot.yaml in the README is one, once its board and its firmware are there', async () => {
  const { readLot } = await import('../../src/fleet/lot/read-lot.ts');
  const firmware = join(root, 'test/fixtures/firmware/blink-f405.hex');
  const text = /```yaml\n(id:[\s\S]*?)```/
    .exec(readme)![1]!
    .replace('profile: my-board', 'profile: rc-cap')
    .replace(/^image: .*$/m, `image: ${JSON.stringify(firmware)}`);
  const file = join(root, 'build', 'readme-lot.yaml');
  writeFileSync(file, text);
  expect((await readLot(file)).definition).toMatchObject({ id: '2611-A', quantity: 5000, leaseSeconds: 43_200 });
});

test('the boards.yaml in the README is valid, once its board is there', async () => {
  const { readRack } = await import('../../src/fleet/rack/rack-file.ts');
  const text = /```yaml\n(worker:[\s\S]*?)```/.exec(readme)![1]!.replaceAll('profile: my-board', 'profile: rc-cap');
  const { worker, boards } = readRack(text, '/tmp/boards.yaml');
  expect([worker, ...boards.map(({ name }) => name)]).toEqual(['lab-1', 'crane', 'drone']);
});

test('the result line in the README has the keys of a real one', async () => {
  const { runCommand, firmware } = await import('../helpers/command.ts');
  const { result } = await runCommand(['recover', firmware, '--profile', 'rc-cap', '--simulate', '--json']);
  const shown = JSON.parse(block('json')) as Record<string, unknown>;
  const { image, flash, durations, simulated, ...rest } = result;
  expect([image, flash, durations, simulated].every(Boolean)).toBe(true);
  expect(Object.keys(shown)).toEqual(Object.keys(rest));
});

test('every link and picture in the README exists', () => {
  const targets = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1]!);
  expect(targets.length).toBeGreaterThan(8);
  for (const target of targets) expect(() => readFileSync(join(root, target)), target).not.toThrow();
});

test('every file and folder of the code that the README names exists', () => {
  const named = [...readme.matchAll(/`((?:src|machines)\/[\w./-]+)`/g)].map((match) => match[1]!);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
