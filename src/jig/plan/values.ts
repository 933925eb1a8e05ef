import { z } from 'zod';
import { positive, quantity, strict, text } from '../../base/yaml-file/checked-values.ts';
import { parseUsbPlace, usbPlaceAllowed } from '../../bench/usb-place.ts';

// Every `error` below names the allowed values. YamlFile adds the value found and its place.

/** Of a station, a lot, a slot or a step: it stands in records, file names and reports. */
export const name = (description: string, longest = 64) => {
  const allowed = `letters, digits, - . and _, ${longest} at most`;
  return text(allowed, description)
    .max(longest, { error: allowed })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: allowed });
};

/** A place of a device. What udev says of its first interface is taken as the device. */
export const place = (description: string) =>
  text(usbPlaceAllowed, description).refine(isDevicePlace, { error: usbPlaceAllowed });

function isDevicePlace(text: string): boolean {
  const place = parseUsbPlace(text);
  return place !== undefined && (place.interface === undefined || ('controller' in place && place.interface === '1.0'));
}

/** A place of an adapter, or of one of its ports. */
export const adapterPlace = (description: string) => {
  const allowed = `${usbPlaceAllowed}; ":1.1" behind it is one of several ports of an adapter`;
  return text(allowed, description).refine((value) => parseUsbPlace(value) !== undefined, { error: allowed });
};

/** A hub's port, for its power. */
export const hubPort = (description: string) => {
  const allowed = 'a hub and its port in quotes, such as "1-3#2"';
  return text(allowed, description).refine(
    (value) => {
      const [hub = '', port = '', ...rest] = value.split('#');
      return isDevicePlace(hub) && /^[1-9]\d?$/.test(port) && rest.length === 0;
    },
    { error: allowed },
  );
};

/** The text of a regular expression. */
export const pattern = (description: string, flags = 'u') => {
  const allowed = "a regular expression in single quotes, such as '^SN[0-9]{6}$'";
  return text(allowed, description)
    .refine((value) => whyNoRegex(value, flags) === undefined, {
      error: (issue) => `${allowed}${whyNoRegex(String(issue.input), flags) ?? ''}`,
    })
    .transform((value) => new RegExp(value, flags));
};

function whyNoRegex(value: string, flags: string): string | undefined {
  try {
    new RegExp(value, flags);
    return undefined;
  } catch (error) {
    return ` (${(error as Error).message})`;
  }
}

const periods: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Hours and days, for what is due by the clock of a shift. */
export const period = (description: string) => {
  const allowed = 'a time with its unit (min, h, d), such as 8h';
  const form = /^(\d+(?:\.\d+)?) ?(min|h|d)$/;
  return text(allowed, description)
    .refine((value) => Number.parseFloat(value) > 0 && form.test(value), { error: allowed })
    .transform((value) => {
      const [, amount, unit = ''] = form.exec(value) ?? [];
      return Number(amount) * periods[unit]!;
    });
};

export const timeout = (description: string) => positive('time', description).exactOptional();

/** A program and its arguments: no shell reads them. */
export const argv = (description: string) => {
  const allowed = 'a list of texts: the program and its arguments, such as [./label.sh, "--unit"]';
  return z
    .array(text(allowed, 'The program, or an argument'), { error: allowed })
    .min(1, { error: allowed })
    .describe(description);
};

const speedAllowed = 'a speed with its unit (kB/s), such as 60kB/s';
const speed = (description: string) =>
  text(speedAllowed, description)
    .regex(/^\d+(\.\d+)? ?kB\/s$/, { error: speedAllowed })
    .transform((value) => Number.parseFloat(value));
const number = (description: string) =>
  z.number({ error: 'a number; its unit stands in `unit`' }).describe(description);

const ends = <Value extends z.ZodType>(value: (description: string) => Value) => ({
  low: value('No less than this').exactOptional(),
  high: value('No more than this').exactOptional(),
});

/** Limits of a time, a speed, and of a number that the unit itself or a command reports. */
export const timeLimits = (description: string) =>
  strict(
    ends((what) => quantity('time', what)),
    description,
  ).exactOptional();
export const speedLimits = (description: string) => strict(ends(speed), description).exactOptional();
export const numberLimits = strict(
  { ...ends(number), unit: text('a unit, such as V', 'Unit of the number, for reports').exactOptional() },
  'Limits of a measurement of a step',
);
