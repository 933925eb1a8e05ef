import { afterEach, expect, test } from 'vitest';
import type { Clock } from '../../src/bench/clock.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import { type Panel, type PanelOptions, servePanel } from '../../src/panel/server.ts';
import { ask, type OpenStream, openStream, post } from '../helpers/panel-client.ts';
import { type ScriptedStation, scriptedStation } from '../helpers/scripted-station.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

async function serve(
  changes: Partial<PanelOptions> = {},
): Promise<{ panel: Panel; station: ScriptedStation; at: string }> {
  const station = scriptedStation();
  const panel = await servePanel({
    station,
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    ownNames: ['jig-pc'],
    token: undefined,
    lead: undefined,
    ...changes,
  });
  open.push(panel);
  return { panel, station, at: panel.address };
}

const scan = (id: string, code = 'SN1') => ({ id, operator: 'anna', request: 'scan', code });

test('the page allows nothing but its own files, and nothing else is served', async () => {
  const { at } = await serve();
  const page = await ask(at, '/');
  expect(page.status).toBe(200);
  expect(page.text).not.toMatch(/<style|style=|<script(?! type="module" src=)|https?:\/\//);
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';/);
  expect(page.headers['content-security-policy']).not.toContain('unsafe');
  expect(page.headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  });
  const others = ['/../package.json', '/%2e%2e/package.json', '/LICENCES.txt', '/constructor', '/page.ts'];
  for (const path of others) expect((await ask(at, path)).status).toBe(404);
  expect((await ask(at, '/request')).status).toBe(404);
});

test.each([
  ['a name that somebody else has pointed here', { host: 'evil.example:8470' }, 421],
  ['an address of the network, where only loopback is listened to', { host: '192.168.1.7' }, 421],
  ['localhost', { host: 'localhost:1' }, 200],
  ['another page', { origin: 'http://evil.example' }, 403],
  ['a page of the same computer at another port', { origin: 'http://127.0.0.1:1' }, 403],
  ['a frame or a link of another page', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a person who typed the address', { 'sec-fetch-site': 'none' }, 200],
])('%s gets %s: %i', async (_, headers, status) => {
  const { at } = await serve();
  expect((await ask(at, '/', { headers })).status).toBe(status);
});

test('a request of no page, or of another, does nothing', async () => {
  const { at, station } = await serve();
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(scan('00000001'));
  expect((await ask(at, '/request', { method: 'POST', headers, body })).status).toBe(403);
  expect((await post(at, scan('00000001'), { origin: 'http://evil.example' })).status).toBe(403);
  expect((await post(at, scan('00000001'), { 'content-type': 'text/plain' })).status).toBe(415);
  expect(station.asked).toEqual([]);
});

test('a request reaches the station once, however often it comes', async () => {
  const { at, station } = await serve();
  station.answer = ({ id }) =>
    id === '00000002'
      ? { ok: false, code: 'unit-refused', message: 'SN1 has passed', hint: 'Take another.' }
      : { ok: true };
  expect(JSON.parse((await post(at, scan('00000001'))).text)).toEqual({ ok: true });
  expect(JSON.parse((await post(at, scan('00000001'))).text)).toEqual({ ok: true });
  const refused = { ok: false, code: 'unit-refused', message: 'SN1 has passed', hint: 'Take another.' };
  expect(JSON.parse((await post(at, scan('00000002'))).text)).toEqual(refused);
  expect(station.asked.map(({ id }) => id)).toEqual(['00000001', '00000002']);
});

test.each([
  ['no JSON', '{'],
  ['another request', JSON.stringify({ ...scan('00000001'), request: 'shell' })],
  ['a field too many', JSON.stringify({ ...scan('00000001'), path: '/etc' })],
  ['no id', JSON.stringify({ ...scan(''), id: undefined })],
  ['a label that is none', JSON.stringify(scan('00000001', 'x'.repeat(257)))],
  ['a body without end', JSON.stringify(scan('00000001', 'x'.repeat(20_000)))],
])('%s is refused', async (_, body) => {
  const { at, station } = await serve();
  const headers = { 'content-type': 'application/json', origin: new URL(at).origin };
  expect((await ask(at, '/request', { method: 'POST', headers, body })).status).toBe(400);
  expect(station.asked).toEqual([]);
});

test('more requests than hands and scanners can make are refused', async () => {
  const { at, station } = await serve({ clock: { ...systemClock, now: () => 0 } });
  const replies = await Promise.all(Array.from({ length: 45 }, (_, index) => post(at, scan(`0000000${index}`))));
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(5);
  expect(station.asked).toHaveLength(40);
});

const clear = (id: string, lead?: string) => ({
  id,
  operator: '',
  request: 'clear',
  slot: 'A1',
  why: 'looked',
  ...(lead ? { lead } : {}),
});

test('only the lead holds and releases, where there is one; the badge goes no further than the server', async () => {
  const { at, station } = await serve({ lead: 'BADGE-7' });
  for (const lead of [undefined, 'BADGE-8'])
    expect(JSON.parse((await post(at, clear('00000001', lead))).text)).toMatchObject({
      ok: false,
      code: 'lead-needed',
    });
  expect(JSON.parse((await post(at, clear('00000001', 'BADGE-7'))).text)).toEqual({ ok: true });
  expect(station.asked).toEqual([{ id: '00000001', operator: '', request: 'clear', slot: 'A1', why: 'looked' }]);
});

test('without a badge everybody at this computer is lead', async () => {
  const { at, station } = await serve();
  await post(at, { id: '00000001', operator: 'anna', request: 'hold', why: 'lunch' });
  expect(station.asked).toEqual([{ id: '00000001', operator: 'anna', request: 'hold', why: 'lunch' }]);
});

test('a badge cannot be guessed: after ten wrong ones the right one waits too', async () => {
  let now = 0;
  const { at, station } = await serve({ lead: '1234', clock: { ...systemClock, now: () => now } });
  for (let guess = 0; guess < 10; guess++) await post(at, clear(`0000000${guess}`, `000${guess}`));
  expect((await post(at, clear('0000000a', '1234'))).status).toBe(429);
  now = 61_000;
  expect((await post(at, clear('0000000a', '1234'))).status).toBe(200);
  expect(station.asked).toHaveLength(1);
});

test('an open address needs a token', async () => {
  await expect(serve({ host: '0.0.0.0' })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('token'),
  });
});

test('with a token nobody sees anything without it; the form gives a cookie that no script reads', async () => {
  const { at, station } = await serve({ host: '0.0.0.0', token: 'open-sesame', lead: undefined });
  const here = at.replace('0.0.0.0', '127.0.0.1');
  const form = await ask(here, '/');
  expect([form.status, form.text]).toEqual([401, expect.stringContaining('name="token"')]);
  expect((await ask(here, '/events')).status).toBe(401);
  expect((await post(here, scan('00000001'))).status).toBe(401);
  const origin = new URL(here).origin;
  const enter = (token: string) => ask(here, '/enter', { method: 'POST', headers: { origin }, body: `token=${token}` });
  expect((await enter('wrong')).headers['set-cookie']).toBeUndefined();
  const [cookie] = (await enter('open-sesame')).headers['set-cookie']!;
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  expect(cookie).not.toContain('open-sesame');
  const headers = { cookie: cookie!.split(';')[0]! };
  expect((await ask(here, '/', { headers })).status).toBe(200);
  expect((await ask(here, '/', { headers: { cookie: 'bootctl=guess' } })).status).toBe(401);
  expect((await ask(here, '/', { headers: { authorization: 'Bearer open-sesame', host: 'jig-pc' } })).status).toBe(200);
  expect((await ask(here, '/', { headers: { ...headers, host: 'other-pc' } })).status).toBe(421);
  // Without a badge nobody is lead over the network.
  expect(JSON.parse((await post(here, clear('00000001'), headers)).text)).toMatchObject({ code: 'lead-needed' });
  for (let guess = 0; guess < 9; guess++) await enter('wrong');
  expect((await enter('open-sesame')).status).toBe(429);
  expect(station.asked).toEqual([]);
});

test('a taken port is said to be taken', async () => {
  const { at } = await serve();
  await expect(serve({ port: Number(new URL(at).port) })).rejects.toMatchObject({ code: 'page-unreachable' });
});

async function stream(at: string, headers = {}): Promise<OpenStream> {
  const opened = await openStream(at, headers);
  open.unshift({ [Symbol.asyncDispose]: async () => opened.close() });
  return opened;
}

test('a page gets the whole state, then each event; one that was away only what it has missed', async () => {
  const { at, station } = await serve();
  const page = await stream(at);
  expect(await page.message()).toMatchObject({ event: 'state', state: { view: { station: 'line2-a' }, logs: {} } });
  station.slot('A1', 'running', { serial: 'SN1' });
  const first = (await page.next())!;
  expect(JSON.parse(first.data)).toMatchObject({
    event: 'slot',
    slot: { name: 'A1', state: 'running', serial: 'SN1' },
  });
  station.slot('A1', 'recording');
  station.slot('A1', 'verdict');
  const back = await stream(at, { 'last-event-id': first.id! });
  expect(await back.message()).toMatchObject({ event: 'slot', slot: { state: 'recording' } });
  expect(await back.message()).toMatchObject({ event: 'slot', slot: { state: 'verdict' } });
  for (const id of ['other-1', `${first.id!.split('-')[0]}-99`, 'nonsense']) {
    const stranger = await stream(at, { 'last-event-id': id });
    expect(await stranger.message()).toMatchObject({ event: 'state' });
    stranger.close();
  }
});

test('who comes in the midst of a run sees what it has done: attempts and lines, not each block', async () => {
  const { at, station } = await serve();
  station.progress(
    'A2',
    'run-1',
    { event: 'attempt.started', attempt: 1, method: 'rc-cap', change: 'nominal' },
    { event: 'phase.progress', phase: 'program', done: 1, total: 2, unit: 'bytes' },
  );
  const message = await (await stream(at)).message();
  expect(message).toMatchObject({ state: { logs: { A2: { run: 'run-1', events: [{ progress: { attempt: 1 } }] } } } });
  station.progress('A2', 'run-2', { event: 'note', message: 'next' });
  const next = await (await stream(at)).message();
  expect(next).toMatchObject({
    state: { logs: { A2: { run: 'run-2', events: [{ progress: { message: 'next' } }] } } },
  });
});

test('a page hears the server within a second, and the sixth of one browser is told that there are too many', async () => {
  const { at } = await serve();
  const pages = await Promise.all(Array.from({ length: 5 }, () => stream(at)));
  const sixth = await stream(at);
  expect(await sixth.next()).toMatchObject({ event: 'full' });
  expect(await sixth.next()).toBeUndefined();
  await pages[0]!.next();
  const before = systemClock.now();
  expect(await pages[0]!.next('beats')).toMatchObject({ event: 'beat' });
  expect(systemClock.now() - before).toBeLessThan(1_500);
  pages[1]!.close();
});

test('of the progress within one step a page gets the newest, and no more than ten a second; a new state at once', async () => {
  const timers: { callback: () => void; delay: number }[] = [];
  const clock: Clock = {
    now: () => 0,
    setTimeout: (callback, delay) => timers.push({ callback, delay }),
    clearTimeout: (id) => {
      if (typeof id === 'number') timers[id - 1]!.delay = Number.POSITIVE_INFINITY;
    },
  };
  const { at, station } = await serve({ clock });
  const page = await stream(at);
  await page.next();
  station.slot('A1', 'running');
  await page.next();
  const program = (done: number) =>
    station.progress('A1', 'run-1', { event: 'phase.progress', phase: 'program', done, total: 100, unit: 'bytes' });
  for (const done of [1, 2, 3]) program(done);
  expect(await page.message()).toMatchObject({ slot: { step: { name: 'program', done: 1 } } });
  for (const { callback } of timers.filter(({ delay }) => delay === 100)) callback();
  expect(await page.message()).toMatchObject({ slot: { step: { done: 3 } } });
  program(4);
  station.slot('A1', 'judging');
  expect(await page.message()).toMatchObject({ slot: { state: 'judging' } });
  expect(timers.filter(({ delay }) => delay === 100)).toEqual([]);
});
