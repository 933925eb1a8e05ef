import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const promises = /### What a fleet promises\n([\s\S]*?)\n##/.exec(readme)![1]!;

test('the five promises of a fleet stand in the README', () => {
  const named = [...promises.matchAll(/^\d\. (.*)$/gm)].map(([, text]) => text);
  expect(named.map((text) => /^\*(.*?)\*/.exec(text!)?.[1])).toEqual([
    'No record lost',
    'No number twice',
    'Never more than the quantity',
    'Runs without the net',
    'Clocks decide nothing',
  ]);
  const parts = promises.split(/^\d\. /m).slice(1);
  for (const part of parts) {
    expect(part).toContain('- Shown by ');
    expect(part).toContain('- Not covered: ');
  }
});

test('each test that shows a promise is there', () => {
  const shown = [...promises.matchAll(/`(test\/[\w/.-]+\.ts)`\s+"([^"]+)"/g)];
  expect(shown.length).toBeGreaterThanOrEqual(6);
  for (const [, file, name] of shown) {
    expect(existsSync(file!), file).toBe(true);
    expect(readFileSync(file!, 'utf8')).toContain(`'${name}'`);
  }
});
