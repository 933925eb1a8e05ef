import { describe, expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { triggers } from '../../src/ops/soft-jump/triggers.ts';
import type { LinkAnswer } from '../helpers/scripted-link.ts';
import { failure, softJumpBench, targetPort } from '../helpers/soft-jump.ts';

const ids = { vendorId: '0483', productId: '5740' } as const;
const overUsb = { via: 'target', ...ids } as const;
const command = (via: 'target' | 'adapter'): SoftJump => ({
  trigger: 'serial-command',
  send: 'dfu\r\n\x1c\xff',
  baudRate: 57_600,
  via,
  ...ids,
});
const touch: SoftJump = { trigger: 'touch-1200', ...overUsb };
const hexOf = (text: string) => Buffer.from(text, 'latin1').toString('hex');

describe("the target's own port", () => {
  const missing = 'application-port-missing';
  const ambiguous = 'application-port-ambiguous';
  const elsewhere = { ...targetPort, path: '/dev/ttyACM1', usbPath: '1-3' };

  test.each([
    { name: 'no port', options: { ports: [] }, code: missing },
    { name: 'other ids', options: { ports: [{ ...targetPort, productId: '0001' }] }, code: missing },
    { name: 'another place', options: { profile: { usb: { ...ids, path: '1-7' } } }, code: missing },
    { name: 'two boards', options: { ports: [targetPort, elsewhere] }, code: ambiguous },
    {
      name: 'gone before it is opened',
      options: { opening: () => Promise.reject(new BootctlError('adapter-missing', 'gone')) },
      code: missing,
    },
    {
      name: 'held by another program',
      options: { opening: () => Promise.reject(new BootctlError('adapter-busy', 'held')) },
      code: 'application-port-unusable',
    },
  ])('$name -> $code', async ({ options, code }) => {
    for (const jump of [touch, command('target')])
      expect(await failure(softJumpBench(options).ask(jump))).toMatchObject({ code });
  });

  test.each(['adapter-busy', 'adapter-denied', 'adapter-failed'] as const)(
    "%s is the application's, keeps its words, and does not end the ladder",
    async (code) => {
      const original = new BootctlError(code, '/dev/ttyACM0 is held by klippy');
      const error = await failure(softJumpBench({ opening: () => Promise.reject(original) }).ask(touch));
      expect(error).toMatchObject({ code: 'application-port-unusable', recovery: 'next-rung' });
      expect(error).toMatchObject({ message: original.message, hint: original.hint });
    },
  );

  test('a profile that says nothing about the application fits nothing, and is told so', async () => {
    const { ask, opened } = softJumpBench();
    const error = await failure(ask({ trigger: 'touch-1200', via: 'target' }));
    expect(error).toMatchObject({ code: missing, hint: expect.stringContaining('vendorId') });
    expect(opened).toEqual([]);
  });

  test.each([
    { name: 'the USB path tells two boards apart', profile: { usb: { ...ids, path: '1-3' } }, path: '/dev/ttyACM1' },
    { name: 'the first port of a board with two', ports: [targetPort, { ...elsewhere, usbPath: '1-2' }] },
    {
      name: 'ids of the application that the profile expects',
      profile: { application: { expect: 'usb', ...ids, timeout: 1 } as const },
      jump: { trigger: 'touch-1200', via: 'target' } as const,
      ports: [{ ...targetPort, path: '/dev/ttyUSB7', vendorId: '0403' }, targetPort],
    },
  ])('$name', async ({ profile = {}, ports = [targetPort, elsewhere], jump = touch, path = '/dev/ttyACM0' }) => {
    const { ask, opened } = softJumpBench({ profile, ports });
    await ask(jump);
    expect(opened).toEqual([`${path} 1200 none`]);
  });
});

test("the adapter's own port is never taken for the application's", async () => {
  const adapter = { ...targetPort, path: '/dev/ttyUSB0', usbPath: '1-1' };
  const { ask, opened } = softJumpBench({ ports: [adapter, targetPort] });
  await ask(touch);
  expect(opened).toEqual(['/dev/ttyACM0 1200 none']);
});

describe('touch-1200 (Arduino go-serial-utils reset.go, Klipper flash_usb.py: DTR on, 1200 baud, DTR off, close)', () => {
  test('moves DTR with the port at 1200 baud, and says where the target is', async () => {
    const { ask, link, opened } = softJumpBench();
    expect(await ask(touch)).toEqual({ usbPath: '1-2' });
    expect(opened).toEqual(['/dev/ttyACM0 1200 none']);
    expect(link.calls).toEqual(['lines rts asserted, dtr asserted', 'lines rts released, dtr released', 'close']);
  });

  test('a port that vanishes is success starting, one without lines still has the close', async () => {
    const gone = softJumpBench();
    gone.link.lose();
    expect(await gone.ask(touch)).toEqual({ usbPath: '1-2' });
    const bare = softJumpBench();
    bare.link.setLines = () => Promise.reject(new BootctlError('adapter-lines-unsupported', 'ENOTTY'));
    expect(await bare.ask(touch)).toEqual({ usbPath: '1-2' });
    expect(bare.link.calls).toEqual(['close']);
  });
});

describe('serial-command', () => {
  test('firmware that stays is application-silent; the port is closed', async () => {
    const { ask, link } = softJumpBench({ answers: [{ text: 'what?\r\n' }] });
    expect(await failure(ask(command('target')))).toMatchObject({ code: 'application-silent', exitStatus: 4 });
    expect(link.calls.at(-1)).toBe('close');
  });

  test('firmware that does not read is application-silent too', async () => {
    const { ask, link } = softJumpBench();
    link.write = () => new Promise(() => {});
    expect(await failure(ask(command('target')))).toMatchObject({ code: 'application-silent' });
  });

  test.each([{ answers: ['lost'] }, { answers: ['+300 lost'] }, { answers: ['6f6b | +900 lost'] }] as {
    answers: LinkAnswer[];
  }[])('the port vanishes: $answers', async ({ answers }) => {
    const { ask, link, opened } = softJumpBench({ answers });
    expect(await ask(command('target'))).toEqual({ usbPath: '1-2' });
    expect(opened).toEqual(['/dev/ttyACM0 57600 none']);
    expect(link.written).toEqual(['6466750d0a1cff']);
  });

  test('a port that breaks in the midst of it is no failure of the adapter', async () => {
    const { ask, link } = softJumpBench();
    link.write = () => Promise.reject(new BootctlError('adapter-failed', 'out of memory'));
    expect(await failure(ask(command('target')))).toMatchObject({ code: 'application-port-unusable' });
  });

  test('through the adapter: its loss is a failure, its silence is not', async () => {
    const lost = softJumpBench({ answers: ['lost'] });
    expect(await failure(lost.ask(command('adapter')))).toMatchObject({ code: 'adapter-lost' });
    const silent = softJumpBench();
    expect(await silent.ask(command('adapter'))).toEqual({});
    expect(silent.adapter.calls).toEqual(['57600 none', 'drain', 'write 6466750d0a1cff']);
    expect(silent.clock.now()).toBeLessThan(100);
  });

  test('without an adapter that is open', async () => {
    const { context } = softJumpBench();
    const asked = triggers['serial-command'].ask(command('adapter') as never, { ...context, adapter: undefined });
    expect(await failure(asked)).toMatchObject({ code: 'adapter-missing' });
  });

  test('an abort ends the wait with its own reason', async () => {
    const controller = new AbortController();
    const { ask, clock } = softJumpBench({ signal: controller.signal });
    clock.setTimeout(() => controller.abort(new Error('Ctrl-C')), 100);
    expect(await failure(ask(command('target')))).toMatchObject({ message: 'Ctrl-C' });
    expect(clock.now()).toBe(100);
  });
});

describe('self-charge', () => {
  const jump = (via: 'target' | 'adapter'): SoftJump => ({
    ...(command(via) as Extract<SoftJump, { trigger: 'serial-command' }>),
    trigger: 'self-charge',
    wait: 5_000,
  });

  test('the application may take as long as the charge; more is application-silent', async () => {
    expect(await softJumpBench({ answers: ['+4500 lost'] }).ask(jump('target'))).toEqual({ usbPath: '1-2' });
    expect(await failure(softJumpBench({ answers: ['+5500 lost'] }).ask(jump('target')))).toMatchObject({
      code: 'application-silent',
    });
  });

  test('through the adapter the charge is waited for in silence', async () => {
    const { ask, clock, adapter } = softJumpBench();
    await ask(jump('adapter'));
    expect(clock.now()).toBeGreaterThanOrEqual(5_000);
    expect(adapter.written).toEqual(['6466750d0a1cff']);
  });
});

describe('klipper and katapult (Klipper docs/Bootloader_Entry.md)', () => {
  const request = hexOf('~ \x1c Request Serial Bootloader!! ~');

  test('Klipper on USB is touched at 1200 baud', async () => {
    const { ask, opened, link } = softJumpBench();
    await ask({ trigger: 'klipper', ...overUsb });
    expect(opened).toEqual(['/dev/ttyACM0 1200 none']);
    expect(link.written).toEqual([]);
  });

  test.each(['klipper', 'katapult'] as const)(
    '%s through the adapter: the request, at 250000 baud',
    async (trigger) => {
      const { ask, adapter } = softJumpBench();
      await ask({ trigger, via: 'adapter' });
      expect(adapter.calls).toEqual(['250000 none', 'drain', `write ${request}`]);
      expect(request).toBe('7e201c20526571756573742053657269616c20426f6f746c6f616465722121207e');
    },
  );

  test('katapult over USB, at the baud rate of the profile', async () => {
    const { ask, opened, link } = softJumpBench({ answers: ['lost'] });
    await ask({ trigger: 'katapult', ...overUsb, baudRate: 115_200 });
    expect(opened).toEqual(['/dev/ttyACM0 115200 none']);
    expect(link.written).toEqual([request]);
  });
});

test.each(Object.entries(triggers))('%s has a source', (_, { source }) => {
  expect(source.length).toBeGreaterThan(10);
});
