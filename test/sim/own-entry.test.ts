import { describe, expect, test } from 'vitest';
import type { FirmwareManner } from '../../src/sim/firmware/firmware-manner.ts';
import { firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';

let profiles = 0;

const onUsb = '{ expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }';
const onUsart = '{ expect: serial, match: "ready", timeout: 5s }';
const detach = '{ trigger: dfu-detach }';
const chargeBy = (via: 'target' | 'adapter', wait = '500ms') =>
  `{ trigger: self-charge, send: "dfu\\r\\n", baudRate: 115200, wait: ${wait}, via: ${via} }`;
const command = '{ trigger: serial-command, send: "bootloader\\r\\n", baudRate: 115200, via: target }';

interface Given {
  readonly softJump: readonly string[];
  readonly methods?: string;
  readonly application?: string;
  readonly capacitor?: string;
  readonly nrstCapacitor?: string;
}

/** The reference circuit, with these ways of asking. */
function boardWith({
  softJump,
  methods = 'soft-jump',
  application = onUsb,
  capacitor,
  nrstCapacitor = '100nF',
}: Given): string {
  profiles += 1;
  return profileFile(
    `own-${profiles}`,
    f405,
    'usb: { path: "1-2" }', // named, so that no reset has to show whose application it is
    rcBoot0(capacitor),
    `nrst: { pullUp: 40k, capacitor: ${nrstCapacitor} }`,
    `methods: [${methods}]`,
    `softJump: [${softJump.join(', ')}]`,
    `application: ${application}`,
  );
}

async function run(name: 'recover' | 'enter', given: Given, manner?: FirmwareManner) {
  const image = name === 'recover' ? [firmware] : [];
  const argv = [name, ...image, '--profile', boardWith(given), '--simulate', 'healthy', '--json'];
  const outcome = await runCommand(argv, manner ? { firmware: manner } : {});
  const attempts = outcome.result.attempts as { outcome: string; error?: { code: string } }[];
  return {
    ...outcome,
    samples: outcome.bench.truth.of('boot0-sampled'),
    moves: outcome.bench.truth.of('lines'),
    tried: attempts.map((attempt) => attempt.error?.code ?? attempt.outcome),
  };
}

describe('DFU_DETACH to a run-time DFU interface', () => {
  test.each<{ name: string; manner?: FirmwareManner }>([
    { name: 'bitWillDetach, beside a serial port' },
    { name: 'bitWillDetach, alone', manner: { detach: { withoutSerialPort: true } } },
    { name: 'waits for the bus reset', manner: { detach: { willDetach: false, detachTimeout: 500 } } },
    {
      name: 'waits for the bus reset, alone',
      manner: { detach: { willDetach: false, detachTimeout: 500, withoutSerialPort: true } },
    },
    {
      name: 'waits for as long as the field can say',
      manner: { detach: { willDetach: false, detachTimeout: 65_535 } },
    },
  ])('$name: recovered by nothing else', async ({ manner }) => {
    const { status, result, samples, moves, tried } = await run('recover', { softJump: [detach] }, manner);
    expect(result.error).toBeNull();
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu', verified: true });
    expect(result).toMatchObject({ application: 'seen' });
    expect(status).toBe(0);
    expect(tried).toEqual(['entered']);
    expect([...samples, ...moves]).toEqual([]);
  });

  const stays = 'still on the bus';
  const unwilling: readonly { name: string; manner: FirmwareManner; says: string }[] = [
    { name: 'stalls', manner: { detach: { unwilling: 'stalls' } }, says: 'refuses DFU_DETACH' },
    { name: 'ignores it', manner: { detach: { unwilling: 'ignores' } }, says: stays },
    {
      name: 'ignores it, and the bus reset',
      manner: { detach: { unwilling: 'ignores', willDetach: false } },
      says: stays,
    },
    {
      // A reset takes 50 ms on a root port (USB 2.0 §7.1.7.5): longer than this one waits.
      name: 'is back in appIDLE before the bus reset is over',
      manner: { detach: { willDetach: false, detachTimeout: 20 } },
      says: stays,
    },
  ];
  test.each(unwilling)('$name: the ladder ends, and says so', async ({ manner, says }) => {
    const { status, result, truth } = await run('enter', { softJump: [detach] }, manner);
    expect(status).toBe(4);
    const error = { code: 'application-silent', message: expect.stringContaining(says) };
    expect(result).toMatchObject({ ok: false, error, flash: 'untouched' });
    expect(truth.some(({ what }) => what === 'vanished')).toBe(false);
  });
  test.each(unwilling)('$name: the next way of asking gets in', async ({ manner }) => {
    const { result, tried, moves } = await run('recover', { softJump: [detach, command] }, manner);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
    expect(tried).toEqual(['application-silent', 'entered']);
    expect(moves).toEqual([]);
  });
  test('stalls: the lines get in', async () => {
    const given = { softJump: [detach], methods: 'soft-jump, rc-cap' };
    const { result, tried } = await run('recover', given, { detach: { unwilling: 'stalls' } });
    expect(result).toMatchObject({ ok: true, method: 'rc-cap', verified: true });
    expect(tried).toEqual(['application-silent', 'entered']);
  });
});

/**
 * Towards 3.0 V × 47/48 = 2.9375 V with (1 kΩ ∥ 47 kΩ) × 4.7 uF = 4.602 ms; then NRST rises for 40 kΩ × 100 nF ×
 * ln(3.3/1.3) = 3.73 ms, in which BOOT0 keeps exp(-3.73/220.9) = 0.983 of it. The threshold is 1.261 V.
 */
describe('firmware that charges BOOT0 itself', () => {
  test.each<{
    name: string;
    via: 'target' | 'adapter';
    manner?: FirmwareManner;
    nrstCapacitor?: string;
    wait?: string;
    volts: number;
  }>([
    { name: 'for 100 ms', via: 'target', volts: 2.888 },
    { name: 'for 100 ms, asked on the USART', via: 'adapter', volts: 2.888 },
    // Longer than a ROM may take to show up: it is the profile's `wait` that allows for it.
    { name: 'for 7 s, asked on the USART', via: 'adapter', wait: '8s', manner: { chargeTime: 7_000 }, volts: 2.888 },
    { name: 'for 3 ms: just enough', via: 'target', manner: { chargeTime: 3 }, volts: 1.383 },
    { name: 'for 100 ms, with no capacitor on NRST', via: 'target', nrstCapacitor: '0F', volts: 2.937 },
  ])('$name: recovered by nothing else', async ({ via, wait, manner, volts, ...board }) => {
    const application = via === 'target' ? onUsb : onUsart;
    const { status, result, samples, moves, tried } = await run(
      'recover',
      { softJump: [chargeBy(via, wait)], application, ...board },
      manner,
    );
    expect(result.error).toBeNull();
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', bootloader: 'dfu', verified: true });
    expect(result).toMatchObject({ application: 'seen' });
    expect(status).toBe(0);
    expect(tried).toEqual(['entered']);
    expect(samples.at(-1)).toMatchObject({ level: 1, boots: 'rom', volts: expect.closeTo(volts, 2) });
    // Opening the adapter may move its lines; nothing else does.
    if (via === 'target') expect([samples.length, moves.length]).toEqual([1, 0]);
  });

  const unable: readonly { name: string; manner?: FirmwareManner; capacitor?: string; volts: number }[] = [
    { name: 'charges for 2 ms only', manner: { chargeTime: 2 }, volts: 1.019 },
    // 47 kΩ × 47 nF = 2.2 ms: gone before NRST has risen.
    { name: 'has a capacitor that does not carry BOOT0 across the reset', capacitor: '47nF', volts: 0.543 },
  ];
  test.each(unable)('$name: its application is back, and the ladder ends', async ({ manner, volts, ...board }) => {
    const { status, result, samples, tried } = await run('enter', { softJump: [chargeBy('target')], ...board }, manner);
    expect(samples).toMatchObject([{ level: 0, boots: 'application', volts: expect.closeTo(volts, 2) }]);
    expect(status).toBe(4);
    expect(result).toMatchObject({ ok: false, error: { code: 'application-came-back' }, flash: 'untouched' });
    expect(tried).toEqual(['application-came-back']);
  });
  test.each(unable)('$name: the next way of asking gets in', async ({ manner, volts: _, ...board }) => {
    const given = { softJump: [chargeBy('target'), command], ...board };
    const { result, tried, moves } = await run('recover', given, manner);
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
    expect(tried).toEqual(['application-came-back', 'entered']);
    expect(moves).toEqual([]);
  });
  test('charges for longer than the profile waits: still where it was, and the ladder ends', async () => {
    const { status, result } = await run('enter', { softJump: [chargeBy('target', '500ms')] }, { chargeTime: 2_000 });
    expect(status).toBe(4);
    expect(result).toMatchObject({ ok: false, error: { code: 'application-silent' }, flash: 'untouched' });
  });
});
