import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { chipKeys, findChip } from '../../src/chips/find-chip.ts';
import type { ChipFirmware, RegisterBits } from '../../src/chips/firmware/chip-firmware.ts';
import { linesWithDevice as pairs } from '../helpers/firmware-witnesses.ts';

/** From the CMSIS headers of stm32duino/Arduino_Core_STM32@b4bae0d, compiled for each device: no value of ours is in it. */
type Witness = Readonly<Record<string, number>>;
const witnesses: Readonly<Record<string, Witness>> = JSON.parse(
  readFileSync(new URL('../fixtures/firmware-registers.json', import.meta.url), 'utf8'),
);

const firmwareOf = (line: string): ChipFirmware => findChip(line)!.firmware!;
const jumping = chipKeys().filter((line) => findChip(line)!.firmware?.jump);
/** Absent in the witness: no such register, or one whose clock cannot be switched. */
const bits = (register: number | undefined, mask: number | undefined): RegisterBits | undefined =>
  register === undefined ? undefined : { register, mask: mask! };

test('each line with registers has a witness, and no other', () => {
  expect(pairs.map(([line]) => line).toSorted()).toEqual(jumping);
});

describe('registers are those of the CMSIS headers', () => {
  test.each(pairs)('%s as the %s', (line, device) => {
    const witness = witnesses[device]!;
    const { core, jump } = firmwareOf(line);
    expect(core).toBe(cores[witness.core!]);
    expect(jump!.reset).toEqual({ register: witness.rstReg, software: witness.sftrst, clear: witness.rmvf });
    const remap = bits(witness.memrmp, witness.memModeMask);
    expect(jump!.remap).toEqual(remap);
    expect(jump!.remapClock).toEqual(remap && bits(witness.syscfgEnReg, witness.syscfgEnMask));
  });

  test.each(pairs.filter(([line]) => firmwareOf(line).jump!.backup))(
    '%s: the backup register of the %s',
    (line, device) => {
      const witness = witnesses[device]!;
      const { backup } = firmwareOf(line).jump!;
      const inPwr = witness.pwrBkp0 !== undefined;
      const power = bits(witness.pwrEnReg, (witness.pwrEnMask ?? 0) | (witness.bkpEnMask ?? 0));
      const apb = inPwr ? undefined : bits(witness.rtcApbReg, witness.rtcApbMask);
      const unlock = inPwr ? undefined : bits(witness.dbpReg, witness.dbpMask);
      expect(backup).toEqual({
        register: backupRegister(witness),
        ...(witness.bkpDR1 !== undefined && { halfWords: true }),
        ...(power && { power }),
        ...(apb && { apb }),
        ...(unlock && { unlock }),
      });
    },
  );

  test('a line has no backup register where a part of it has none in its header', () => {
    const without = jumping.filter((line) => !firmwareOf(line).jump!.backup);
    expect(without).toEqual(['F030xC', 'F03x', 'F05x_030x8', 'F070x6', 'F070xB']);
    expect(backupRegister(witnesses.F030x8!)).toBeUndefined();
    expect(backupRegister(witnesses.F070xB!)).toBeUndefined();
  });
});

const cores: Readonly<Record<number, string>> = { 0: 'M0', 100: 'M0+', 3: 'M3', 4: 'M4', 7: 'M7', 33: 'M33' };

/** TAMP's backup registers begin 0x100 behind its base. */
const backupRegister = ({ bkpDR1, bkp0, tampBkp0, tampBaseOnly, pwrBkp0 }: Witness): number | undefined =>
  bkpDR1 ?? bkp0 ?? tampBkp0 ?? pwrBkp0 ?? (tampBaseOnly === undefined ? undefined : tampBaseOnly + 0x100);

/** Of the reset and clock control, by its series: where the witness has no register of it. */
test.each(chipKeys().filter((line) => findChip(line)!.firmware?.gpio))(
  '%s: its ports have their clock in RCC',
  (line) => {
    const { gpio, jump } = firmwareOf(line);
    if (jump) expect(Math.abs(gpio!.clock - jump.reset.register)).toBeLessThan(0x200);
    expect(gpio!.base % 0x400).toBe(0);
    expect(gpio!.firstBit + gpio!.ports.length).toBeLessThanOrEqual(32);
  },
);

test.each(jumping)('%s: the id of its ROM lies behind its vector table', (line) => {
  const { bootloaderIds } = findChip(line)!;
  if (bootloaderIds?.address === undefined) return;
  const distance = bootloaderIds.address - firmwareOf(line).jump!.rom;
  expect(distance).toBeGreaterThan(0x100);
  expect(distance).toBeLessThan(0x1_8000);
});

test('verdicts: a line is refused, or has what its way in needs', () => {
  const verdicts = chipKeys().map((line) => findChip(line)!.firmware?.verdict);
  const count = (verdict: string | undefined) => verdicts.filter((one) => one === verdict).length;
  expect([count('jump'), count('conditional'), count('self-charge'), count('refused'), count(undefined)]).toEqual([
    57, 19, 2, 10, 0,
  ]);
});
