import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../helpers/cli-context.ts';
import { openPty, type Pty, ptyPossible } from '../helpers/pty.ts';

// The installed command at a pseudo-terminal; `npm test` builds dist/ first.

interface Session {
  readonly folder: string;
  readonly shown: () => string;
  /** Waits until the terminal shows this, and then types. */
  answer(question: string, keys: string): Promise<void>;
  ended(): Promise<{ status: number | null; stdout: string }>;
}

const enter = '\r';
const down = '\u001b[B';
const controlC = '\u0003';
const escapes = new RegExp(`${'\u001b'}\\[[?0-9;]*[A-Za-z]`, 'g');

async function session(argv: readonly string[], terminal: Pty): Promise<Session> {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-new-'));
  const descriptor = openSync(terminal.path, constants.O_RDWR | constants.O_NOCTTY);
  const child = spawn(process.execPath, [join(repository, 'bin/bootctl.js'), 'profile', 'new', ...argv], {
    cwd: folder,
    stdio: [descriptor, 'pipe', descriptor],
    env: { ...process.env, TERM: 'xterm', CI: '' },
  });
  closeSync(descriptor);
  let [stdout, text] = ['', ''];
  child.stdout!.on('data', (data) => {
    stdout += data;
  });
  const closed = once(child, 'close');
  let from = 0;
  /** Without colours, and lines that were broken put together. */
  const plain = () => text.replace(escapes, '').replace(/[\s│]+/g, ' ');
  return {
    folder,
    shown: plain,
    async answer(question, keys) {
      for (let tries = 0; !plain().includes(question, from); tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (tries > 1_000) throw new Error(`"${question}" does not come after:\n${plain().slice(from)}`);
        text += terminal.taken().toString();
        if (child.exitCode !== null)
          throw new Error(`it has ended with ${child.exitCode} before "${question}":\n${text}`);
      }
      from = plain().indexOf(question, from) + question.length;
      terminal.send(Buffer.from(keys));
    },
    ended: async () => {
      const reading = setInterval(() => {
        text += terminal.taken().toString();
      }, 20);
      const [status] = await closed;
      clearInterval(reading);
      return { status, stdout };
    },
  };
}

describe.skipIf(!ptyPossible)(
  'profile new at a terminal (pseudo-terminals are made with Linux ioctls)',
  { timeout: 60_000 },
  () => {
    test('a wrong answer is said and asked again, arrows choose, and parts that cannot work are asked again', async () => {
      using terminal = await openPty();
      const { folder, answer, shown, ended } = await session(['--output', 'mine.yaml'], terminal);
      await answer('Which STM32?', `F105_17${enter}`);
      await answer('did you mean "F105_107"?', `${'\u007f'.repeat(7)}F405_407${enter}`);
      await answer('Which adapter', enter);
      await answer('between the lines', enter);
      await answer('Which line resets?', `${down}${enter}`);
      await answer('parts on BOOT0', `${down}${down}${enter}`);
      await answer('R times C of the capacitor', `10ms${enter}`);
      await answer('Capacitor from NRST', enter);
      await answer("reach the ROM's USART?", enter);
      await answer('What shows that', enter);
      await answer('With these parts it cannot work.', '');
      await answer('parts on BOOT0', enter);
      const { status, stdout } = await ended();
      expect(status).toBe(0);
      expect(stdout).toMatch(/^mine\.yaml: written\n/);
      const text = readFileSync(join(folder, 'mine.yaml'), 'utf8');
      expect(text).toMatch(/^target: \{ family: F405_407 \}/m);
      expect(text).toMatch(/^ {2}nrst: \{ line: dtr, asserted: 0 \}/m);
      expect(text).toMatch(/^ {2}capacitor: 4\.7uF # from BOOT0 to ground$/m);
      expect(shown()).toContain('hardware/circuits/rc-cap.svg');
      expect(readdirSync(folder)).toEqual(['mine.yaml']);
    });

    test('Ctrl-C at a question leaves nothing behind', async () => {
      using terminal = await openPty();
      const { folder, answer, ended } = await session([], terminal);
      await answer('Which STM32?', enter);
      await answer('Which adapter', controlC);
      expect(await ended()).toEqual({ status: 130, stdout: '' });
      expect(readdirSync(folder)).toEqual([]);
    });
  },
);
