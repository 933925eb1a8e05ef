import { BootctlError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { GpioChipInfo } from '../../bench/gpio-chips.ts';

/** `gpiochip0 (pinctrl-bcm2711, 58 lines)`. */
const chipText = ({ name, label, lines }: GpioChipInfo): string =>
  `${name} (${label === '' ? '' : `${label}, `}${count(lines, 'line')})`;

export const noSuchChip = (chip: string, chips: readonly GpioChipInfo[]): BootctlError =>
  new BootctlError(
    'gpio-missing',
    `There is no GPIO chip ${chip} here; chips here: ${chips.map(chipText).join(', ') || 'none that this user can open'}`,
  );

export const ambiguousChip = (chip: string, chips: readonly GpioChipInfo[]): BootctlError =>
  new BootctlError('gpio-missing', `${chips.length} GPIO chips are called ${chip}: ${chips.map(chipText).join(', ')}`, {
    hint: 'Name the chip in `wiring` by its name, such as `gpiochip0`.',
  });

export const noSuchLine = (chip: GpioChipInfo, offset: number): BootctlError =>
  new BootctlError(
    'gpio-missing',
    `${chip.name} has no line ${offset}: its lines are 0 to ${chip.lines - 1}`,
    offset >= 512
      ? { hint: 'Numbers of /sys/class/gpio begin elsewhere: give the offset within the chip, as `gpioinfo` lists it.' }
      : {},
  );

export const heldLine = (chip: GpioChipInfo, offset: number, consumer: string): BootctlError =>
  new BootctlError(
    'gpio-busy',
    `Line ${offset} of ${chip.name} is held by ${consumer === '' ? 'another program or driver, which gives no name' : `"${consumer}"`}`,
    {
      details: { chip: chip.name, offset, consumer },
      ...(consumer === 'sysfs'
        ? { hint: `Another program has exported it: \`echo N > /sys/class/gpio/unexport\`.` }
        : {}),
    },
  );

export const deniedChip = (path: string): BootctlError =>
  new BootctlError('gpio-denied', `${path} may not be opened by this user`);

export const failedCall = (what: string, code: string): BootctlError =>
  new BootctlError('gpio-failed', `${what}: ${code}`);
