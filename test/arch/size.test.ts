import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from '../helpers/source-files.ts';

const files = sourceFiles('src', 'machines');
const tests = sourceFiles('test');

test('no source file is longer than 300 lines; a machine is as long as its chart', () => {
  const long = files.filter(({ path, lines }) => lines > 300 && !path.endsWith('.machine.ts'));
  expect(files.length).toBeGreaterThan(100);
  expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
});

test('no function is longer than 40 lines', () => {
  const long = files
    .filter(({ path }) => !path.endsWith('.machine.ts'))
    .flatMap(({ path, text }) => longFunctions(path, text));
  expect(long).toEqual([]);
});

/** Functions and methods by their formatted shape: a head that ends in `{`, up to the closing brace of the same indent. */
function longFunctions(path: string, text: string): string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, start) => {
    const head =
      /^(\s*)(?:export )?(?:async )?(?:function\*? |static |get |#?[\w$]+ = (?:async )?\(|(?:const|let) \w+ = (?:async )?\(|(?:async )?#?\w+\().*\{$/.exec(
        line,
      );
    if (!head || /^\s*(if|for|while|switch|return|await|expect)\b/.test(line)) return [];
    const end = lines.findIndex((other, at) => at > start && other.startsWith(`${head[1]}}`));
    const length = end - start + 1;
    return length > 40 ? [`${path}:${start + 1} ${length} lines: ${line.trim()}`] : [];
  });
}

test('files are named in kebab-case', () => {
  const odd = [...files, ...tests].filter(
    ({ path }) => !/^[a-z0-9-]+(\.(machine|policy|test))?\.ts$/.test(basename(path)),
  );
  expect(odd.map(({ path }) => path)).toEqual([]);
});

/** Words that a count gives to a file; of these, two are the subject's own: what is known of a host, and of an image. */
const leftovers = /-(parts|facts|options|helpers|utils|misc)\.ts$/;
const ownWords = /\/(host|image)-facts\.ts$/;

test('a file has the name of its subject, not of a remainder', () => {
  expect(leftovers.test('src/board/profile/schema-parts.ts')).toBe(true);
  expect(files.map(({ path }) => path).filter((path) => leftovers.test(path) && !ownWords.test(path))).toEqual([]);
});

test('no test is skipped or left alone, and no file has a default export', () => {
  const left = tests.filter(({ text }) => /\b(test|describe|it)\.(only|todo)\b/.test(text));
  expect(left.map(({ path }) => path)).toEqual([]);
  expect(files.filter(({ text }) => /^export default/m.test(text)).map(({ path }) => path)).toEqual([]);
});
