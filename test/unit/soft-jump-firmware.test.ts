import { describe, expect, test } from 'vitest';
import { sleep } from '../../src/bench/clock.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import { askApplication } from '../../src/ops/soft-jump/triggers.ts';
import { createSimBench } from '../../src/sim/sim-bench.ts';
import { referenceBoard } from '../helpers/circuits.ts';
import type { LinkAnswer } from '../helpers/scripted-link.ts';
import { failure, softJumpBench } from '../helpers/soft-jump.ts';

const ids = { vendorId: '0483', productId: '5740' } as const;
const say = (text: string): LinkAnswer => ({ text });
const latin1 = (written: readonly string[]) => written.map((bytes) => Buffer.from(bytes, 'hex').toString('latin1'));

describe('micropython (tools/pyboard.py: CR Ctrl-C Ctrl-C, CR Ctrl-A, code, Ctrl-D, which is answered by OK)', () => {
  const jump: SoftJump = { trigger: 'micropython', via: 'target', ...ids };
  const rawBanner = say('\r\n>>> \r\nraw REPL; CTRL-B to exit\r\n>');
  const noSuch = 'Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\nAttributeError: \r\n';
  const entry = ['\r\x03\x03', '\r\x01'];
  const machine = 'import machine; machine.bootloader()';
  const pyb = 'import pyb; pyb.bootloader()';

  test.each([
    { name: 'nobody answers', answers: [], written: [...entry, '\r\x02'] },
    { name: 'a shell that is no REPL', answers: [say('$ '), say('$ '), say('$ ')], written: [...entry, '\r\x02'] },
    {
      name: 'neither call exists',
      answers: [say('>>> '), rawBanner, say(`OK\x04${noSuch}\x04>`), say(`OK\x04${noSuch}\x04>`)],
      written: [...entry, `${machine}\x04`, `${pyb}\x04`],
    },
    {
      name: 'the call hangs and the port stays',
      answers: [say('>>> '), rawBanner, say('OK'), undefined],
      written: [...entry, `${machine}\x04`, `${pyb}\x04`],
    },
  ])('$name -> application-silent', async ({ answers, written }) => {
    const { ask, link } = softJumpBench({ answers });
    expect(await failure(ask(jump))).toMatchObject({ code: 'application-silent' });
    expect(latin1(link.written)).toEqual(written);
  });

  test.each([
    {
      name: 'a program is interrupted, and the raw REPL calls',
      answers: [say('KeyboardInterrupt: \r\n>>> '), rawBanner, '4f4b | +20 lost'],
      written: [...entry, `${machine}\x04`],
    },
    {
      name: 'a REPL that is raw already',
      answers: [undefined, say('raw REPL; CTRL-B to exit\r\n>'), 'lost'],
      written: [...entry, `${machine}\x04`],
    },
    {
      name: 'pyb where machine.bootloader is missing',
      answers: [say('>>> '), rawBanner, say(`OK\x04${noSuch}\x04>`), 'lost'],
      written: [...entry, `${machine}\x04`, `${pyb}\x04`],
    },
    {
      name: 'the friendly REPL where there is no raw one',
      answers: [say('>>> '), say('\r\n>>> '), say('\r\n>>> '), say(`${machine}\r\n${noSuch}>>> `), 'lost'],
      written: [...entry, '\r\x02', `${machine}\r`, `${pyb}\r`],
    },
  ])('$name', async ({ answers, written }) => {
    const { ask, link } = softJumpBench({ answers });
    expect(await ask(jump)).toEqual({ usbPath: '1-2' });
    expect(latin1(link.written)).toEqual(written);
  });

  test('through the adapter nothing follows a call that does not return', async () => {
    const { ask, adapter } = softJumpBench({ answers: [say('>>> '), rawBanner, say('OK')] });
    expect(await ask({ trigger: 'micropython', via: 'adapter' })).toEqual({});
    expect(latin1(adapter.written)).toEqual([...entry, `${machine}\x04`]);
  });
});

describe('betaflight', () => {
  const jump: SoftJump = { trigger: 'betaflight', via: 'target', ...ids };
  // MSP v1: $ M <, size 1, MSP_REBOOT 68, MSP_REBOOT_BOOTLOADER_ROM 1, 01 xor 44 xor 01 (Betaflight msp_protocol.h, msp.c)
  const mspReboot = '244d3c01440144';
  const mspYes = '244d3e01440144';
  const mspNo = '244d21004444';
  const cliOpens = say("\r\nEntering CLI Mode, type 'exit' to return, or 'help'\r\n\r\n# ");
  const unknown = say('bl rom\r\n###ERROR IN bl: UNKNOWN COMMAND###\r\n# ');
  const hash = Buffer.from('#').toString('hex');
  const endOfLine = '0d0a';
  const bl = Buffer.from('bl rom\r\n').toString('hex');
  const dfu = Buffer.from('dfu\r\n').toString('hex');

  test.each([
    { name: 'nobody answers', answers: [], written: [mspReboot, hash, endOfLine] },
    { name: 'MSP refuses, no CLI', answers: [mspNo], written: [mspReboot, hash, endOfLine] },
    { name: 'no command helps', answers: [mspNo, cliOpens, unknown, unknown], written: [mspReboot, hash, bl, dfu] },
  ])('$name -> application-silent', async ({ answers, written }) => {
    const { ask, link } = softJumpBench({ answers });
    expect(await failure(ask(jump))).toMatchObject({ code: 'application-silent' });
    expect(link.written).toEqual(written);
  });

  test.each([
    { name: 'MSP, echoed', answers: [`${mspYes} | +200 lost`], written: [mspReboot] },
    { name: 'MSP, gone before the echo', answers: ['+50 lost'], written: [mspReboot] },
    {
      name: 'MSP is echoed but nothing happens: the CLI',
      answers: [mspYes, cliOpens, '+100 lost'],
      written: [mspReboot, hash, bl],
    },
    {
      // The CLI drops what is not printable, echoes the rest, and takes it for a command at the end of the line.
      name: 'a CLI that is open already',
      answers: [say('$M<DD'), say('#'), say('\r\n###ERROR IN input: UNKNOWN COMMAND###\r\n# '), '+9 lost'],
      written: [mspReboot, hash, endOfLine, bl],
    },
    { name: 'INAV knows dfu', answers: [mspNo, cliOpens, unknown, '+9 lost'], written: [mspReboot, hash, bl, dfu] },
  ])('$name', async ({ answers, written }) => {
    const { ask, link } = softJumpBench({ answers });
    expect(await ask(jump)).toEqual({ usbPath: '1-2' });
    expect(link.written).toEqual(written);
  });

  test.each([
    { name: 'silence may already be the ROM', answers: [], written: [mspReboot] },
    { name: 'the echo is enough', answers: [mspYes], written: [mspReboot] },
    {
      name: 'the CLI says goodbye',
      answers: [mspNo, cliOpens, say('# restarting in ROM bootloader mode\r\nRebooting')],
      written: [mspReboot, hash, bl],
    },
  ])('through the adapter: $name', async ({ answers, written }) => {
    const { ask, adapter } = softJumpBench({ answers });
    expect(await ask({ trigger: 'betaflight', via: 'adapter' })).toEqual({});
    expect(adapter.written).toEqual(written);
  });
});

describe('on the simulated bench, the application running', () => {
  const micropythonIds = { vendorId: 'f055', productId: '9800' } as const;

  test.each<{ jump: SoftJump; application?: BoardProfile['application'] }>([
    { jump: { trigger: 'touch-1200', via: 'target', ...ids } },
    { jump: { trigger: 'klipper', via: 'target', ...ids } },
    { jump: { trigger: 'serial-command', via: 'target', send: 'bootloader\r\n', baudRate: 115_200, ...ids } },
    {
      jump: { trigger: 'micropython', via: 'target' },
      application: { expect: 'usb', ...micropythonIds, timeout: 5_000 },
    },
  ])('$jump.trigger ends in the ROM without a reset, where the application was', async ({ jump, application }) => {
    const profile = referenceBoard({
      softJump: [jump],
      application: application ?? { expect: 'usb', ...ids, timeout: 5_000 },
    });
    const sim = createSimBench({ profile, scenario: 'healthy' });
    await sim.usb.list();
    const asked = await askApplication(jump, { profile, bench: sim });
    await sleep(sim.clock, 1_000);
    expect(await sim.usb.list()).toMatchObject([{ vendorId: '0483', productId: 'df11', path: asked.usbPath }]);
    expect(sim.truth.of('boot0-sampled')).toEqual([]);
  });
});
