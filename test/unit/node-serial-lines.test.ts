import { expect, test, vi } from 'vitest';
import { modemLineDriver } from '../../src/host/serial/lines.ts';

const lines = { rts: 'asserted', dtr: 'released' } as const;
const port = (set: () => Promise<void>, fd: number | null = -1) => ({ fd, set: vi.fn(set) });
const refused = new Error('Error: Operation not supported, cannot set'); // CDC-ACM without break, Linux 6.1 (measured)

test('both lines are always given, and no break: what is left out, serialport sets by itself', async () => {
  const moved = port(async () => {});
  await modemLineDriver(moved, 'linux').move(lines);
  expect(moved.set.mock.calls).toEqual([[{ rts: true, dtr: false, brk: false }]]);
});

test('on Windows the change is sent twice', async () => {
  const moved = port(async () => {});
  await modemLineDriver(moved, 'win32').move(lines);
  expect(moved.set).toHaveBeenCalledTimes(2);
});

test('where there is no second way, the refusal is what comes out', async () => {
  const moved = port(() => Promise.reject(refused));
  await expect(modemLineDriver(moved, 'win32').move(lines)).rejects.toBe(refused);
});

test('an adapter that is gone is not asked a second time', async () => {
  const gone = new Error('Error: Input/output error, cannot set');
  const moved = port(() => Promise.reject(gone));
  await expect(modemLineDriver(moved, 'linux').move(lines)).rejects.toBe(gone);
});

test.skipIf(process.platform === 'win32')('after a refusal the lines are moved on the descriptor itself', async () => {
  const moved = port(() => Promise.reject(refused), -1);
  const drive = modemLineDriver(moved).move;
  await expect(drive(lines)).rejects.toMatchObject({ code: 'EBADF' }); // -1 is nobody's descriptor
  const closed = port(() => Promise.reject(refused), null);
  await expect(modemLineDriver(closed).move(lines)).rejects.toThrow('Port is not open');
});
