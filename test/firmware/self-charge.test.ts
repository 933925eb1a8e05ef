import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ChargeOptions } from './capacitor.ts';
import { Chip } from './chip.ts';
import { Compiler, compiled, emulatorMissing, kitFolder } from './compile.ts';
import { type Line, lineOf, ramOrigin } from './lines.ts';

const missing = emulatorMissing();
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());

const command = { bytes: 'charge\r\n' };
const hex = (value: number) => `0x${value.toString(16)}u`;

/** A port with its clock: RM0367 (L0), RM0008 (F1), RM0090 (F4), RM0433 (H7), RM0456 (U5). */
const ports: Readonly<Record<string, { port: number; enable: number; mask: number }>> = {
  L072: { port: 0x50000400, enable: 0x4002102c, mask: 2 },
  F103: { port: 0x40010c00, enable: 0x40021018, mask: 8 },
  F072: { port: 0x48000400, enable: 0x40021014, mask: 0x40000 },
  F405: { port: 0x40020400, enable: 0x40023830, mask: 2 },
  H743: { port: 0x58020400, enable: 0x580244e0, mask: 2 },
  U575: { port: 0x42020400, enable: 0x46020c8c, mask: 2 },
};

function imageOf(line: Line, { pin, level, ms, hertz }: ChargeOptions, kit?: string): Promise<Uint8Array> {
  const { port, enable, mask } = ports[line.device]!;
  const macros = {
    TARGET: '"emulated"',
    COMMAND: '"charge\\r\\n"',
    SELF_CHARGE_GPIO: hex(port),
    SELF_CHARGE_PORT_EN_REG: hex(enable),
    SELF_CHARGE_PORT_EN_MASK: hex(mask),
    SELF_CHARGE_PIN: `${pin}u`,
    SELF_CHARGE_LEVEL: `${level}u`,
    SELF_CHARGE_MS: `${ms}u`,
    SELF_CHARGE_CORE_HZ: `${hertz}u`,
    ...(line.device === 'F103' ? { SELF_CHARGE_F1: '1' } : {}),
  };
  const config = Object.entries(macros).map(([name, value]) => `#define BOOTCTL_${name} ${value}\n`);
  return compiler.image({ core: line.core, config: config.join(''), ramOrigin: ramOrigin(line), ...(kit && { kit }) });
}

const chargeOf = (device: string, more: Partial<ChargeOptions> = {}): ChargeOptions => ({
  port: ports[device]!.port,
  clock: { register: ports[device]!.enable, mask: ports[device]!.mask },
  pin: 5,
  isF1: device === 'F103',
  level: 1,
  ms: 5,
  hertz: 1_000_000,
  ...more,
});

describe.skipIf(missing)('BOOT0 is charged by the firmware', compiled, () => {
  const byBoot0 = ['reset', 'ROM by BOOT0'];

  test.each(Object.keys(ports))('%s: for long enough, then the chip is reset', async (device) => {
    const charge = chargeOf(device);
    const image = await imageOf(lineOf(device), charge);
    for (const manner of [0, 4]) {
      expect(new Chip(lineOf(device), image, { charge, manner }).live('power', command)).toEqual(byBoot0);
    }
  });

  test('a circuit that needs twice the time is not charged', async () => {
    const image = await imageOf(lineOf('L072'), chargeOf('L072'));
    const slow = { charge: chargeOf('L072', { ms: 10 }), manner: 4 };
    expect(new Chip(lineOf('L072'), image, slow).live('power', command)).toEqual(['reset', 'application runs']);
  });

  test.each(['F103', 'L072'])('%s: a pin above 7, and one that charges through an inverter', async (device) => {
    const charge = chargeOf(device, { pin: 13, level: 0 });
    const image = await imageOf(lineOf(device), charge);
    expect(new Chip(lineOf(device), image, { charge, manner: 4 }).live('power', command)).toEqual(byBoot0);
  });

  test('without a command nothing is charged', async () => {
    const charge = chargeOf('F405');
    const image = await imageOf(lineOf('F405'), charge);
    expect(new Chip(lineOf('F405'), image, { charge }).live('power')).toEqual(['application runs']);
  });

  const kit = readFileSync(join(kitFolder, 'bootctl_firmware.c'), 'utf8');
  const faults = [
    ['the pin is no output', '| 1u << CHARGE_SHIFT', ''],
    ['half the time', '/ CYCLES_PER_TURN + 1u', '/ CYCLES_PER_TURN / 2u + 1u'],
    ['the port has no clock', '|= BOOTCTL_SELF_CHARGE_PORT_EN_MASK', '|= 0u'],
    ['the level is the other one', '(BOOTCTL_SELF_CHARGE_LEVEL ? 0u : 16u)', '(BOOTCTL_SELF_CHARGE_LEVEL ? 16u : 0u)'],
    ['nothing is waited for', '  wait_for_charge();\n', ''],
    ['the chip is not reset', '  wait_for_charge();\n  system_reset();', '  wait_for_charge();'],
  ] as const;
  /** All of them by `npm run mutation:firmware`. */
  const chosen = process.env.BOOTCTL_FIRMWARE === 'whole' ? faults : faults.slice(0, 2);
  test.each(chosen)('a fault is found: %s', async (_, from, to) => {
    expect(kit).toContain(from);
    const charge = chargeOf('L072');
    const faulty = kit
      .replace(from, to)
      .replace('static void wait_for', 'static void __attribute__((unused)) wait_for');
    const image = await imageOf(lineOf('L072'), charge, faulty);
    expect(new Chip(lineOf('L072'), image, { charge, manner: 4 }).live('power', command)).not.toEqual(byBoot0);
  });
});
