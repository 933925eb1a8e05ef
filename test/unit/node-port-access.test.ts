import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portTrouble } from '../../src/host/serial/port-access.ts';

// A plain file stands for the port: only its rights and its holders are looked at.
let folder: string;
let port: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bootctl-port-'));
  port = join(folder, 'ttyUSB0');
  writeFileSync(port, '');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.runIf(process.platform === 'linux')('a port, looked at without opening it', () => {
  test('that nobody holds has no trouble', async () => {
    expect(await portTrouble(port)).toBeUndefined();
  });

  test('that a process holds is busy, with its name', async () => {
    await using file = await open(port);
    expect(file.fd).toBeGreaterThan(0);
    expect(await portTrouble(port)).toMatchObject({
      code: 'adapter-busy',
      message: expect.stringContaining(`(pid ${process.pid})`),
    });
  });

  test('that has gone is missing', async () => {
    expect(await portTrouble(join(folder, 'ttyUSB9'))).toMatchObject({ code: 'adapter-missing' });
  });

  test.skipIf(process.getuid?.() === 0)('without rights is denied', async () => {
    const locked = join(folder, 'locked');
    writeFileSync(locked, '', { mode: 0o000 });
    expect(await portTrouble(locked)).toMatchObject({ code: 'adapter-denied' });
  });
});
