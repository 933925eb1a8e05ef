import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import { hostTurn } from '../../src/host/usb/turn.ts';

/** No two tests, and no job that runs beside them, share it. */
const nameOf = (test: string): string => `\0bootctl-test-${process.pid}-${test}`;

describe.runIf(process.platform === 'linux')('the turn of a process', () => {
  test('waits for another process, also one that is killed in its turn', async () => {
    const name = nameOf('killed');
    const script = `require('net').createServer().listen(${JSON.stringify(name)}, () => console.log('held'))`;
    const other = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(other.stdout, 'data');
    const onWait = vi.fn();
    const turn = hostTurn(undefined, onWait, name);
    await vi.waitFor(() => expect(onWait).toHaveBeenCalledTimes(1));
    other.kill('SIGKILL');
    (await turn)();
  });

  test('is free again as soon as it is given back', async () => {
    const onWait = vi.fn();
    for (let time = 0; time < 3; time++) (await hostTurn(undefined, onWait, nameOf('again')))();
    expect(onWait).not.toHaveBeenCalled();
  });

  test('an abort ends the wait', async () => {
    const name = nameOf('abort');
    const end = await hostTurn(undefined, () => {}, name);
    const controller = new AbortController();
    const waiting = hostTurn(controller.signal, () => controller.abort(), name);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    end();
  });
});
