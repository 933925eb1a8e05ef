import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/base/errors.ts';
import { adviceOf, codesWithAdvice } from '../../src/panel/words/advice.ts';
import { en, type WordKey } from '../../src/panel/words/en.ts';
import { type Language, languageOf, languages, sayIn } from '../../src/panel/words/words.ts';

const keys = Object.keys(en) as WordKey[];
const names = Object.keys(languages) as Language[];
const fieldsOf = (text: string) => (text.match(/\{[\w-]+\}/g) ?? []).toSorted();

test.each(names)('%s has every text, with the same fields, and nothing else', (name) => {
  const table = languages[name];
  expect(Object.keys(table).toSorted()).toEqual(keys.toSorted());
  expect(keys.filter((key) => table[key].trim() === '')).toEqual(['station.ready']);
  expect(keys.filter((key) => fieldsOf(table[key]).join() !== fieldsOf(en[key]).join())).toEqual([]);
});

test.each(names.filter((name) => name !== 'en'))('%s leaves nothing in English', (name) => {
  const same = keys.filter(
    (key) => languages[name][key] === en[key] && /[a-z]{3}/i.test(en[key].replace(/\{\w+\}/g, '')),
  );
  const alike = ['title', 'button.start', 'image'];
  expect(same.filter((key) => !alike.includes(key))).toEqual([]);
});

test.each(names)('each error code has a sentence for the operator in %s', (name) => {
  const sentences = errorCodes.map((code) => sayIn(name)(adviceOf(code)));
  expect(sentences.filter((sentence) => !/[.。]$/.test(sentence))).toEqual([]);
});

test('what a code says stands in the catalogue, or is what a station adds', () => {
  const ofStation = [
    ...['limit', 'interrupted', 'records-unwritable', 'records-damaged', 'records-newer', 'records-missing'],
    ...['unit-refused', 'numbers-used-up', 'lot-complete', 'slot-lost', 'step-failed', 'limit-missed'],
  ];
  const known = new Set<string>([...errorCodes, ...ofStation]);
  expect(codesWithAdvice.filter((code) => !known.has(code))).toEqual([]);
  expect(adviceOf('readout-protected')).toBe('advice.protected');
  expect(adviceOf('image-crc')).toBe('advice.set-up');
  expect(['made-up', 'constructor', 'internal'].map(adviceOf)).toEqual(Array(3).fill('advice.broken'));
});

test('what is filled in stays text, and no field is left over', () => {
  expect(sayIn('en')('scan.took', { code: '<img src=x>' })).toBe('Read: <img src=x>');
  expect(sayIn('de')('slot.name', { slot: '$&' })).toBe('Platz $&');
});

test('a browser gets its own language, or English', () => {
  expect([['de-AT', 'en'], ['zh-Hans-CN'], ['fr', 'zh'], ['fr'], []].map(languageOf)).toEqual([
    'de',
    'zh',
    'zh',
    'en',
    'en',
  ]);
});

test('every text is used, and every text that is used is there', () => {
  const sources = readdirSync('src/panel', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/words\/(en|de|zh)\.ts$/.test(name))
    .map((name) => readFileSync(`src/panel/${name}`, 'utf8'))
    .join('\n');
  const families = ['word', 'do', 'station', 'button'];
  const unused = keys.filter((key) => !sources.includes(`'${key}'`) && !families.includes(key.split('.')[0]!));
  expect(unused).toEqual([]);
});
