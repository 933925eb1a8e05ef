import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { loadProfile } from '../../src/library/on-board.ts';
import type { PageMessage } from '../../src/panel/page-state.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCli, untouchableBench } from '../helpers/cli-context.ts';
import { ask, type OpenStream, openStream } from '../helpers/panel-client.ts';
import { startUi } from '../helpers/ui.ts';

const post = async (address: string, path: string, body: string | object) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', origin: new URL(address).origin };
  const reply = await ask(address, path, { method: 'POST', headers, body: text });
  return reply.status === 200 ? JSON.parse(reply.text) : reply.status;
};

/** The next message for which this is true. */
async function until<Found extends PageMessage>(
  stream: OpenStream,
  is: (message: PageMessage) => message is Found,
): Promise<Found> {
  for (;;) {
    const message = await stream.message();
    if (is(message)) return message;
  }
}

type OfSlot = PageMessage & { event: 'slot' };
const isVerdict = (message: PageMessage): message is OfSlot =>
  message.event === 'slot' && message.slot.state === 'verdict';

function signalled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

const choice = { profile: 'rc-cap', images: [firmware] };

test('ui shows what there is to choose from, recovers a simulated board, and ends with Ctrl-C', async () => {
  await using ui = await startUi([firmware, '--profile', 'rc-cap', '--simulate']);
  const choices = JSON.parse((await ask(ui.address, '/desk')).text);
  expect(choices).toMatchObject({ adapters: [], chosen: { profile: 'rc-cap', images: [firmware] } });
  expect(choices.profiles).toEqual(expect.arrayContaining(['rc-cap', 'one-key', 'direct']));

  const stream = await openStream(ui.address);
  expect(await stream.message()).toMatchObject({ desk: true, state: { view: { simulated: true } } });
  expect(await post(ui.address, '/desk/start', choice)).toEqual({ ok: true });
  const seen: PageMessage[] = [];
  const end = await until(stream, (message): message is OfSlot => {
    seen.push(message);
    return isVerdict(message);
  });
  expect(end.slot.verdict).toMatchObject({ outcome: 'pass', message: '' });
  // The lines move at the times of the bench, which are 10 ms of reset and more apart.
  const times = seen.flatMap((one) =>
    one.event === 'progress' && one.progress.event === 'lines.set' ? [one.at!] : [],
  );
  expect(times.length).toBeGreaterThan(3);
  expect(times.at(-1)! - times[0]!).toBeGreaterThan(50);
  stream.close();
  expect(await ui.end()).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/ {2}\(Ctrl-C ends it\)\n$/),
  });
});

test('a file of the browser is kept for as long as the page, under a name that leads nowhere else', async () => {
  await using ui = await startUi(['--simulate']);
  const origin = new URL(ui.address).origin;
  const send = async (name: string) => {
    const body = readFileSync(firmware, 'latin1');
    const path = `/desk/image?name=${encodeURIComponent(name)}`;
    return JSON.parse((await ask(ui.address, path, { method: 'POST', headers: { origin }, body })).text).path as string;
  };
  expect(basename(await send('../../etc/pass wd;$(x).hex'))).toBe('pass_wd___x_.hex');
  expect(basename(await send('..'))).toBe('image');
  const path = await send('C:\\fw\\app.hex');
  expect(basename(path)).toBe('app.hex');
  expect(readFileSync(path)).toEqual(readFileSync(firmware));
  const stream = await openStream(ui.address);
  await post(ui.address, '/desk/start', { ...choice, images: [path] });
  expect((await until(stream, isVerdict)).slot.verdict).toMatchObject({ outcome: 'pass' });
  stream.close();
  await ui.end();
  expect(existsSync(path)).toBe(false);
});

test('what cannot be started is a verdict: of the station where it is no fault of the board', async () => {
  await using ui = await startUi(['--simulate', 'no-usb'], {
    openBench: async ({ profile }) => createSimBench({ profile: profile!, scenario: 'no-usb' }),
  });
  const stream = await openStream(ui.address);
  const verdictOf = async (of: object) => {
    await post(ui.address, '/desk/start', of);
    return (await until(stream, isVerdict)).slot.verdict;
  };
  expect(await verdictOf({ ...choice, images: ['no.hex'] })).toMatchObject({
    outcome: 'error',
    code: 'image-unreadable',
  });
  expect(await verdictOf({ ...choice, profile: 'no-such' })).toMatchObject({
    outcome: 'error',
    code: 'profile-unknown',
  });
  expect(await verdictOf(choice)).toMatchObject({
    outcome: 'fail',
    code: 'methods-exhausted',
    hint: expect.stringMatching(/./),
  });
  stream.close();
});

test('one job at a time, which the page stops; nothing is started without a choice', async () => {
  const hanging = signalled();
  await using ui = await startUi(['--simulate'], {
    openBench: async ({ profile }) => {
      await hanging.promise;
      return createSimBench({ profile: profile!, scenario: 'crashed' });
    },
  });
  const request = (id: string, what: string) =>
    post(ui.address, '/request', { id, operator: '', request: what, slot: '1' });
  expect(await request('00000001', 'again')).toMatchObject({ ok: false, code: 'usage' });
  expect(await post(ui.address, '/desk/start', { profile: '', images: [] })).toBe(400);
  expect(await post(ui.address, '/desk/start', '{')).toBe(400);
  await post(ui.address, '/desk/start', choice);
  expect(await post(ui.address, '/desk/start', choice)).toMatchObject({ ok: false, code: 'station-busy' });
  const stream = await openStream(ui.address);
  expect(await request('00000002', 'abort')).toEqual({ ok: true });
  hanging.resolve();
  expect((await until(stream, isVerdict)).slot.verdict).toMatchObject({ outcome: 'aborted', code: 'aborted' });
  expect(await request('00000003', 'again')).toEqual({ ok: true });
  expect((await until(stream, isVerdict)).slot.verdict).toMatchObject({ outcome: 'pass' });
  stream.close();
});

test('Ctrl-C in the midst of a job ends it in order first', async () => {
  const opened = signalled();
  const bench = createSimBench({ profile: loadProfile('rc-cap'), scenario: 'crashed' });
  await using ui = await startUi(['--simulate'], {
    openBench: async () => {
      opened.resolve();
      return bench;
    },
  });
  await post(ui.address, '/desk/start', choice);
  await opened.promise;
  expect((await ui.end()).status).toBe(0);
});

test('the adapters of this computer are listed, and none is opened', async () => {
  const bench = createSimBench({ profile: loadProfile('rc-cap'), scenario: 'two-adapters-alike' });
  await using ui = await startUi([], { openBench: async () => bench });
  const { adapters } = JSON.parse((await ask(ui.address, '/desk')).text) as {
    adapters: { port: string; text: string }[];
  };
  expect(adapters.length).toBeGreaterThan(1);
  for (const { port, text } of adapters) expect(text).toContain(port);
});

test('the help says where the page is by default', async () => {
  const { stdout } = await runCli(['ui', '--help']);
  expect(stdout).toMatch(/--listen <host:port>\s+where the page is \(default: 127\.0\.0\.1:8471\)/);
});

test.each([
  [['--listen', 'everywhere'], '127.0.0.1:8471'],
  [['--listen', '127.0.0.1:70000'], '127.0.0.1:8471'],
  [['--listen', '0.0.0.0:0'], 'token'],
])('ui %j is refused', async (argv, hint) => {
  const { status, stderr } = await runCli(['ui', ...argv], { openBench: untouchableBench });
  expect([status, stderr]).toEqual([2, expect.stringContaining(hint)]);
});
