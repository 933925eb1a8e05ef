import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { StationReason } from '../../machines/station-reason.ts';
import { errorCodes } from '../../src/base/errors.ts';
import type { RefusalReason } from '../../src/jig/refusal-reason.ts';
import type { FleetLinkView } from '../../src/jig/station-view.ts';
import { adviceOf, codesWithAdvice } from '../../src/panel/words/advice.ts';
import { en, type WordKey } from '../../src/panel/words/en.ts';
import { linkIn } from '../../src/panel/words/link.ts';
import { reasonIn, refusalIn, remedyIn } from '../../src/panel/words/reasons.ts';
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
  const alike = ['title', 'fleet.station', 'button.start', 'image'];
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

/** One of each. */
const reasons = {
  lead: { code: 'lead', why: 'lunch' },
  'failures-in-a-row': { code: 'failures-in-a-row', slot: 'A1', failures: 3 },
  'worse-than-others': { code: 'worse-than-others', slot: 'A1', bad: 7, runs: 90 },
  drift: { code: 'drift', slot: 'A1', figure: 'holdMargin', unit: 'ms', now: 8.1234, limit: 5, runs: 156 },
  'golden-due': { code: 'golden-due', labels: ['GOLD-1', 'GOLD-BAD'] },
  'golden-wrong': { code: 'golden-wrong', label: 'GOLD-1', expected: 'pass', found: 'dfu-not-seen' },
  'bus-unlisted': { code: 'bus-unlisted', detail: 'in English' },
  'records-unusable': { code: 'records-unusable', error: 'records-unwritable', detail: 'in English' },
  'numbers-used-up': { code: 'numbers-used-up', error: 'numbers-used-up', detail: 'in English' },
  'lot-complete': { code: 'lot-complete', error: 'lot-complete', detail: 'in English' },
  failed: { code: 'failed', error: 'slot-lost', detail: 'in English' },
  'fleet-double': { code: 'fleet-double', error: 'station-taken-over', detail: 'in English' },
  'fleet-holds': { code: 'fleet-holds', why: 'two computers' },
  'clock-wrong': { code: 'clock-wrong', seconds: 3600 },
  'fleet-awaited': { code: 'fleet-awaited', station: 'line2-a' },
  'lot-coming': { code: 'lot-coming', lot: 'L1' },
  'lot-none': { code: 'lot-none', station: 'line2-a' },
  'lot-closed': { code: 'lot-closed', lot: 'L1' },
  'lot-held': { code: 'lot-held', lot: 'L1', why: 'a wrong label' },
  'lot-unusable': { code: 'lot-unusable', lot: 'L1', error: 'lot-unknown', detail: 'in English' },
  'lease-used-up': { code: 'lease-used-up', lot: 'L1', hours: 12 },
  'grant-used-up': { code: 'grant-used-up', lot: 'L1', what: 'numbers', station: 'line2-a', since: '14:02' },
  'grant-awaited': { code: 'grant-awaited', lot: 'L1', what: 'units' },
  'lot-given-out': { code: 'lot-given-out', lot: 'L1', what: 'units' },
} as const satisfies { readonly [Code in StationReason['code']]: StationReason & { code: Code } };

test.each(names)('each reason of a station is said in %s, with what it has and what the lead does', (name) => {
  for (const reason of Object.values(reasons)) {
    const said = [reasonIn(sayIn(name), reason), remedyIn(sayIn(name), reason)].join(' ');
    expect(said, reason.code).not.toMatch(/[{}]|in English/);
    const shown = Object.entries(reason).flatMap(([key, value]) =>
      ['code', 'detail', 'figure', 'unit', 'now', 'what'].includes(key) || value === 'pass' ? [] : value,
    );
    const isNamed = reason.code !== 'numbers-used-up' && reason.code !== 'lot-complete';
    for (const value of isNamed ? shown : []) expect(said, reason.code).toContain(String(value));
  }
});

const refusals = {
  'label-elsewhere': { code: 'label-elsewhere', label: 'SN-7', slot: 'A2' },
  'label-foreign': { code: 'label-foreign', label: 'SN-7' },
  'label-check-digit': { code: 'label-check-digit', label: 'SN-7' },
  'label-unreadable': { code: 'label-unreadable' },
  'unit-still-in': { code: 'unit-still-in', slot: 'A2' },
  'many-wait': { code: 'many-wait', slots: 'A1, A2' },
  'none-waits': { code: 'none-waits' },
  'slot-unknown': { code: 'slot-unknown', slot: 'B9', slots: 'A1, A2' },
  'no-button': { code: 'no-button' },
  'no-run': { code: 'no-run', slot: 'A2' },
  'lead-needed': { code: 'lead-needed' },
  'nothing-chosen': { code: 'nothing-chosen' },
  'job-under-way': { code: 'job-under-way' },
  'file-too-large': { code: 'file-too-large' },
} as const satisfies { readonly [Code in RefusalReason['code']]: RefusalReason & { code: Code } };

test.each(names)('each refusal is said in %s, with what it is about', (name) => {
  for (const reason of Object.values(refusals)) {
    const answer = { ok: false, code: 'usage', message: 'in English', hint: 'in English', reason } as const;
    const said = refusalIn(sayIn(name), answer);
    expect(said, reason.code).not.toMatch(/[{}]|in English/);
    for (const [key, value] of Object.entries(reason)) if (key !== 'code') expect(said, reason.code).toContain(value);
  }
});

test('a refusal that the page has no words for is said as the station says it', () => {
  const answer = { ok: false, code: 'unit-refused', message: 'Not soldered yet', hint: 'Put it aside.' } as const;
  expect(refusalIn(sayIn('de'), answer)).toBe('Not soldered yet. Put it aside.');
});

test('values of a reason are said as an operator knows them', () => {
  expect(reasonIn(sayIn('de'), reasons['golden-wrong'])).toBe(
    'Referenzgerät GOLD-1 hätte GUT zeigen sollen, und hat dfu-not-seen gezeigt.',
  );
  expect(reasonIn(sayIn('en'), reasons.drift)).toBe(
    'Slot A1: hold margin of BOOT0 moves towards its limit 5 ms. Now 8.12 ms; about 156 runs to go.',
  );
  expect(reasonIn(sayIn('zh'), { ...reasons.drift, figure: 'vbat', unit: '' })).toBe(
    '工位 A1：vbat正在接近限值 5。当前 8.12，约剩 156 次运行。',
  );
});

test('how a station stands with its fleet is said in a few words', () => {
  const link: FleetLinkView = {
    ...{ connection: 'offline', since: 0, detail: 'in English', unsent: 12, unsentSince: 5, waiting: ['L2'] },
    ...{ leaseMinutes: 715, unitsLeft: 3, numbersLeft: 4, clockSeconds: -3.5 },
  };
  const said = (name: (typeof names)[number], changes: Partial<FleetLinkView> = {}) =>
    linkIn(sayIn(name), { ...link, ...changes }, (at) => `at ${at}`);
  expect(said('en')).toEqual([
    ...['fleet: not reached since at 0', '12 unsent since at 5', 'goes on alone for 11 h', 'clock wrong by -3.5 s'],
    'then L2',
  ]);
  expect(said('de', { leaseMinutes: 42 })[2]).toBe('fertigt noch 42 min allein weiter');
  expect(said('zh', { connection: 'refused' })[0]).toBe('机群：自 at 0 起被拒绝');
  const calm = { connection: 'connected', unsent: 4, clockSeconds: 1.9, waiting: [] } as const;
  expect(said('en', calm)).toEqual(['fleet: connected']);
  expect(said('en', { ...calm, unsent: 400 })).toEqual(['fleet: connected', '400 unsent since at 5']);
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
  const families = [
    'word',
    'how',
    'lot-is',
    'do',
    'station',
    'button',
    'adapter',
    'reason',
    'remedy',
    'refusal',
    'link',
    'alarm',
  ];
  const unused = keys.filter((key) => !sources.includes(`'${key}'`) && !families.includes(key.split('.')[0]!));
  expect(unused).toEqual([]);
});
