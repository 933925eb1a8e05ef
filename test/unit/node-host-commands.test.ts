import { expect, test } from 'vitest';
import { nodeCommands } from '../../src/host/system/host-commands.ts';

// Real programs of this host; node itself stands for any.

const node = (code: string) => [process.execPath, '-e', code] as const;
const long = 20_000;

test('a program that ends with 0 has done it, and no shell reads its arguments', async () => {
  await expect(nodeCommands.run(node('process.exit(0)'), long)).resolves.toBeUndefined();
  const code = 'process.exit(process.argv[1] === "$HOME; exit 1" ? 0 : 3)';
  await expect(nodeCommands.run([...node(code), '$HOME; exit 1'], long)).resolves.toBeUndefined();
});

test('status and last line are told', async () => {
  const code = 'console.error("first"); console.error("no relay at 1-1"); process.exitCode = 7';
  await expect(nodeCommands.run(node(code), long)).rejects.toMatchObject({
    code: 'command-failed',
    message: expect.stringMatching(/ended with exit status 7; it said last: no relay at 1-1$/),
    details: { status: 7 },
  });
  await expect(nodeCommands.run(node('process.exit(1)'), long)).rejects.toMatchObject({
    message: expect.stringMatching(/exit status 1; it said nothing on stderr$/),
  });
});

test.skipIf(process.platform === 'win32')('a signal is told as one', async () => {
  await expect(nodeCommands.run(node('process.kill(process.pid, "SIGTERM")'), long)).rejects.toMatchObject({
    code: 'command-failed',
    message: expect.stringMatching(/ended with signal SIGTERM/),
  });
});

test('one that does not end is stopped, also where it does not listen to SIGTERM', async () => {
  const code = 'process.on("SIGTERM", () => {}); console.error("waiting for the hub"); setInterval(() => {}, 1000)';
  const began = performance.now();
  await expect(nodeCommands.run(node(code), 500)).rejects.toMatchObject({
    code: 'command-timeout',
    message: expect.stringMatching(/did not end within 0\.50? s and was stopped/),
  });
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('meanwhile the event loop goes on', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  await nodeCommands.run(node('setTimeout(() => {}, 100)'), long);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test.skipIf(process.platform === 'win32')('what it leaves running in the background is not waited for', async () => {
  const began = performance.now();
  await nodeCommands.run(['sh', '-c', 'sleep 5 & exit 0'], long);
  expect(performance.now() - began).toBeLessThan(4_000);
});

test.skipIf(process.platform !== 'linux')(
  'Ctrl-C at the terminal does not reach it: its process group is its own',
  async () => {
    // proc(5): the fifth field of stat is the process group; the name before it may hold blanks.
    const code = `
    const stat = require('node:fs').readFileSync('/proc/self/stat', 'utf8');
    process.exitCode = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[3]) === process.pid ? 0 : 1;`;
    await expect(nodeCommands.run(node(code), long)).resolves.toBeUndefined();
  },
);

test('a program that is not there is told before and at the start', async () => {
  const argv = ['no-such-program-here', '--now'] as const;
  await expect(nodeCommands.check(argv)).rejects.toMatchObject({ code: 'command-missing' });
  await expect(nodeCommands.run(argv, long)).rejects.toMatchObject({
    code: 'command-missing',
    message: '`no-such-program-here --now` cannot be run: ENOENT',
  });
  await expect(nodeCommands.check([process.execPath])).resolves.toBeUndefined();
});
