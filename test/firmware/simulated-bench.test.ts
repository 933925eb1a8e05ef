import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import { findChip } from '../../src/chips/find-chip.ts';
import { chooseWay } from '../../src/firmware/choose.ts';
import { configText } from '../../src/firmware/config.ts';
import { type CommandRun, firmware, runCommand } from '../helpers/command.ts';
import { f405, profileFile, rcBoot0 } from '../helpers/profile-file.ts';
import type { ChipOptions } from './chip.ts';
import { Compiler, compiled, emulatorMissing } from './compile.ts';
import { imageOf } from './emulated.ts';
import { emulatedFirmware } from './emulated-firmware.ts';
import { lineOf } from './lines.ts';

const missing = emulatorMissing();
const compiler = new Compiler();
afterAll(() => compiler[Symbol.asyncDispose]());

const line = lineOf('F405');
const board = (name: string, jump: string): string =>
  profileFile(
    name,
    f405,
    rcBoot0(),
    'methods: [soft-jump]',
    `softJump: [{ ${jump} }]`,
    'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 5s }',
  );

async function recover(profile: string, image: Uint8Array, options = {}): Promise<CommandRun> {
  const listener = emulatedFirmware(line, image, options);
  return runCommand(['recover', firmware, '--profile', profile, '--simulate', 'healthy', '--json'], {
    firmware: { listener },
  });
}

describe.skipIf(missing)('a whole job on a simulated board that runs the compiled kit', compiled, () => {
  test.each(['target', 'adapter'])('it is asked over the %s, and flashed', async (via) => {
    const image = await imageOf(compiler, line, { config: { COMMAND: '"dfu now\\r\\n"' } });
    const jump = `trigger: serial-command, send: "dfu now\\r\\n", baudRate: 115200, via: ${via}`;
    const done = await recover(board(`kit-${via}`, jump), image);
    expect(done.result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
  });

  test('an image with another command stays', async () => {
    const image = await imageOf(compiler, line);
    const jump = 'trigger: serial-command, send: "dfu now\\r\\n", via: target';
    const done = await recover(board('kit-other', jump), image);
    expect(done.result).toMatchObject({ ok: false });
    expect(JSON.stringify(done.result.attempts)).toContain('application-silent');
  });

  // 1 kΩ and 4.7 µF: 0.55 to 0.85 VDD is reached after some 6 ms, VIH is 2.31 V of 3.3 V.
  test.each([
    { ms: 60, ok: true },
    { ms: 1, ok: false },
  ])('BOOT0 charged for $ms ms by the kit: the physics of the board decide', async ({ ms, ok }) => {
    const { image, options } = await charging(ms);
    const jump = 'trigger: self-charge, send: "charge\\r\\n", via: target';
    const done = await recover(board(`kit-charges-${ms}`, jump), image, options);
    expect(done.result).toMatchObject(ok ? { ok, method: 'soft-jump', application: 'seen' } : { ok });
  });
});

/** Both sides by one profile that bootctl ships: what `firmware write` makes of it, in an image that the job also flashes. */
describe.skipIf(missing)('the built-in profiles', compiled, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bootctl-both-sides-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function bothSides(name: string, family: string, device: string, text = builtIn(name)) {
    const own = lineOf(device);
    const profile = { ...parseProfile(text, `${name}.yaml`), target: { family } };
    const config = configText(chooseWay(profile, findChip(family)));
    const image = await compiler.image({ core: own.core, config });
    const file = join(folder, `${name}-${image.length}.bin`);
    writeFileSync(file, image);
    const run = (options: ChipOptions) =>
      runCommand(
        ['recover', `${file}@0x08000000`, '--profile', name, '--target', family, '--simulate', 'healthy', '--json'],
        { firmware: { listener: emulatedFirmware(own, image, options) } },
      );
    return run;
  }

  test('soft-jump: the kit hears the touch', async () => {
    const run = await bothSides('soft-jump', 'F405_407', 'F405');
    const { result } = await run({});
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
    expect(result.attempts).toHaveLength(1);
  });

  test('soft-jump: a kit without the touch hears the command that comes then', async () => {
    const deaf = builtIn('soft-jump').replace(/^ *- \{ trigger: touch-1200.*\n/m, '');
    const run = await bothSides('soft-jump', 'F405_407', 'F405', deaf);
    const { result } = await run({});
    expect(result).toMatchObject({ ok: true, method: 'soft-jump' });
    expect(result.attempts).toHaveLength(2);
  });

  test('self-charge: the capacitor of the profile is charged by the pin of the profile', async () => {
    const run = await bothSides('self-charge', 'L07x_08x_usb', 'L072');
    const charge = { port: 0x50000400, pin: 12, level: 1, ms: 0, hertz: 32e6 } as const;
    const { result } = await run({ charge, tick: 1, patience: 400 });
    expect(result).toMatchObject({ ok: true, method: 'soft-jump', verified: true, application: 'seen' });
  });
});

const builtIn = (name: string): string =>
  readFileSync(new URL(`../../hardware/profiles/${name}.yaml`, import.meta.url), 'utf8');

/** The kit with the other method, PB5 on F405 (RM0090 §7.3.10, §8.4); it waits by its milliseconds alone. */
async function charging(ms: number) {
  const macros = {
    TARGET: '"emulated"',
    COMMAND: '"charge\\r\\n"',
    DELAY_MS: '0u',
    SELF_CHARGE_GPIO: '0x40020400u',
    SELF_CHARGE_PORT_EN_REG: '0x40023830u',
    SELF_CHARGE_PORT_EN_MASK: '2u',
    SELF_CHARGE_PIN: '5u',
    SELF_CHARGE_LEVEL: '1u',
    SELF_CHARGE_MS: `${ms}u`,
    SELF_CHARGE_CORE_HZ: '168000000u',
  };
  const config = Object.entries(macros).map(([name, value]) => `#define BOOTCTL_${name} ${value}\n`);
  const image = await compiler.image({ core: line.core, config: config.join('') });
  const charge = { port: 0x40020400, pin: 5, level: 1, ms: 0, hertz: 168e6 } as const;
  return { image, options: { charge, tick: 1, patience: 400 } };
}
