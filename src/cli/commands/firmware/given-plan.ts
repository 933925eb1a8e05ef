import { type Command, InvalidArgumentError } from 'commander';
import type { BoardProfile } from '../../../board/profile.ts';
import { findChip } from '../../../chips/find-chip.ts';
import { chooseWay, type FirmwarePlan } from '../../../firmware/choose.ts';
import type { CliContext } from '../../context.ts';
import { type CliOptions, parseNumber, withOptions } from '../../given/options.ts';
import { givenProfile } from '../../given/profile.ts';

/** Options of `show` and `write` beside the shared ones. */
export interface FirmwareOptions extends CliOptions {
  readonly ramToken?: number;
  readonly boot0Pin?: string;
}

export function withFirmwareOptions(command: Command, context: CliContext): Command {
  command
    .option(
      '--ram-token <address>',
      'let the request wait in RAM, in the eight bytes there, and not in a backup register',
      parseRam,
    )
    .option('--boot0-pin <pin>', 'which pin BOOT0 is, where that depends on the package: PB8 or PF11', parsePin);
  return withOptions(command, context.env, ['profile', 'target', 'json']);
}

/** @throws BootctlError those of `givenProfile` and `chooseWay` */
export async function givenPlan(
  context: CliContext,
  options: FirmwareOptions,
): Promise<{ readonly profile: BoardProfile; readonly plan: FirmwarePlan }> {
  const profile = await givenProfile(context, options);
  const family = profile.target?.family;
  const plan = chooseWay(profile, family === undefined ? undefined : findChip(family), options);
  return { profile, plan };
}

function parseRam(text: string): number {
  const value = parseNumber(text);
  if (value <= 0xffff_ffff) return value;
  throw new InvalidArgumentError('An address has 32 bits, such as 0x2001FC00.');
}

function parsePin(text: string): string {
  if (/^P[A-K]\d{1,2}$/.test(text)) return text;
  throw new InvalidArgumentError('A pin is named as in PB8.');
}
