import { afterAll, describe, expect, test } from 'vitest';
import { Compiler, compiled, emulatorMissing } from './compile.ts';
import { configurationOf, lineOf } from './lines.ts';

const missing = emulatorMissing();
const isWhole = process.env.BOOTCTL_FIRMWARE === 'whole';
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());

const ofLine = (device: string, optimize?: string) => {
  const line = lineOf(device);
  return { core: line.core, config: configurationOf(line), ...(optimize ? { optimize } : {}) };
};

/** Each core and each level a few times, -Os for every target in jump.test.ts; all of them, which takes half a minute, by `npm run mutation:firmware`. */
const all = ['-O0', '-O1', '-O2', '-O3', '-Os'];
const few = { F072: ['-O0', '-O2'], G071: ['-O1'], F103: ['-O3'], F405: ['-O0'], H743: ['-O2'], U575: ['-O0', '-O3'] };
const levels = Object.entries(few).map(([device, some]) => [device, ...(isWhole ? all : some)] as const);

/** Registers of GPIOB: RM0367 §8.4 and §7.3 (L0), RM0008 §9.2 and §7.3 (F1). */
const selfCharge = (port: number, enable: number, more: Readonly<Record<string, string>> = {}): string => {
  const hex = (value: number) => `0x${value.toString(16)}u`;
  const own = {
    TARGET: '"emulated"',
    COMMAND: '"charge\\r\\n"',
    TOUCH: '1',
    SELF_CHARGE_GPIO: hex(port),
    SELF_CHARGE_PORT_EN_REG: hex(enable),
    SELF_CHARGE_PORT_EN_MASK: '2u',
    SELF_CHARGE_PIN: '5u',
    SELF_CHARGE_LEVEL: '1u',
    SELF_CHARGE_MS: '20u',
    SELF_CHARGE_CORE_HZ: '32000000u',
    ...more,
  };
  return Object.entries(own)
    .map(([name, value]) => `#define BOOTCTL_${name} ${value}\n`)
    .join('');
};

describe.skipIf(missing)('the kit, compiled', compiled, () => {
  test.each(levels)('%s at %s: no warning', async (device, ...chosenLevels) => {
    await Promise.all(chosenLevels.map((level) => compiler.kit(ofLine(device, level))));
  });

  test('it is C++ as well', async () => {
    await Promise.all(['F103', 'U575'].map((device) => compiler.kit(ofLine(device, '-O2'), 'c++11')));
  });

  test('position-independent code: no warning', () => compiler.kit(ofLine('F405', '-fpie')));

  test('self-charge: no warning, in C and C++', async () => {
    const l0 = { core: 'cortex-m0plus', config: selfCharge(0x50000400, 0x4002102c) };
    const f1 = { core: 'cortex-m3', config: selfCharge(0x40010c00, 0x40021018, { SELF_CHARGE_F1: '1' }) };
    const h7 = { core: 'cortex-m7', config: selfCharge(0x58020400, 0x580244e0, { SELF_CHARGE_LEVEL: '0u' }) };
    await Promise.all([compiler.kit(l0), compiler.kit(f1, 'c++11'), compiler.kit({ ...h7, optimize: '-O3' })]);
  });
});

describe.skipIf(missing)('the signature in an image', compiled, () => {
  const signatureIn = async (config: string, core = 'cortex-m0') => {
    const text = Buffer.from(await compiler.image({ core, config })).toString('latin1');
    return text.slice(text.indexOf('bootctl-kit/')).split('\0')[0];
  };
  const f072 = lineOf('F072');

  test('names version, method, target, touch and command', async () => {
    const named = configurationOf(f072, { TARGET: '"F072"' });
    expect(await signatureIn(named)).toBe('bootctl-kit/1;jump;F072;1t;bootloader\r\n');
  });

  test('is there without a command and without the touch', async () => {
    const bare = configurationOf(f072, { COMMAND: '', TOUCH: '' });
    expect(await signatureIn(bare)).toBe('bootctl-kit/1;jump;emulated;0;');
  });

  test('of the other method', async () => {
    const charged = selfCharge(0x50000400, 0x4002102c);
    expect(await signatureIn(charged)).toBe('bootctl-kit/1;self-charge;emulated;1t;charge\r\n');
  });

  test('a command of more than 32 bytes does not compile', async () => {
    const long = configurationOf(f072, { COMMAND: `"${'a'.repeat(33)}"` });
    await expect(compiler.kit({ core: 'cortex-m0', config: long })).rejects.toThrow('32_bytes_at_most');
    await compiler.kit({ core: 'cortex-m0', config: configurationOf(f072, { COMMAND: `"${'a'.repeat(32)}"` }) });
  });
});
