import { type Command, InvalidArgumentError, Option } from 'commander';
import { BootctlError } from '../../base/errors.ts';
import { parseQuantity } from '../../base/quantity.ts';
import type { Milliseconds } from '../../base/units.ts';
import { networkPort } from '../../bench/network-port.ts';
import { usbPathPattern } from '../../bench/usb-place.ts';

/** The shared options as the command line gives them; a command has those that it picked. */
export interface CliOptions {
  readonly profile?: string;
  readonly port?: string;
  readonly usbPath?: string;
  /** Line of the target, instead of the profile's. */
  readonly target?: string;
  /** Of the ROM's USART. */
  readonly baud?: number;
  readonly attempts?: number;
  readonly address?: number;
  readonly patch?: readonly string[];
  readonly patchFile?: string;
  /** File that `--keep` has left. */
  readonly restore?: string;
  readonly timeout?: Milliseconds;
  /** Name of the scenario, or true for the default one. */
  readonly simulate?: string | true;
  /** File that records the job. */
  readonly trace?: string;
  /** Plug the simulated board into this Linux, instead of running a job on it. */
  readonly kernel?: boolean;
  /** Chip of the simulated adapter. */
  readonly chip?: string;
  readonly verify?: boolean;
  readonly force?: boolean;
  readonly unprotect?: boolean;
  readonly yes?: boolean;
  /** Which part of a memory. */
  readonly length?: number;
  /** Another memory than the flash. */
  readonly alt?: number;
  readonly keep?: boolean;
  readonly full?: boolean;
  readonly stay?: boolean;
  /** False: the bootloader that is there is taken. */
  readonly entry?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly quiet?: boolean;
}

interface OptionRow {
  readonly flags: string;
  readonly description: string;
  readonly env: string;
  readonly parse?: (text: string, previous?: unknown) => unknown;
  readonly conflicts?: string;
}

/** Options that mean the same for each command, each with its environment variable. */
const table = {
  profile: {
    flags: '-p, --profile <id|path>',
    description: 'board profile: an id of `bootctl profile list`, or a file',
    env: 'BOOTCTL_PROFILE',
  },
  port: {
    flags: '--port <path>',
    description:
      'serial port of the adapter, instead of looking for it; of a server: rfc2217://HOST:PORT, or socket://HOST:PORT for bytes only',
    env: 'BOOTCTL_PORT',
    parse: parsePort,
  },
  usbPath: {
    flags: '--usb-path <path>',
    description: 'USB path where the target is plugged in, such as 1-2.3',
    env: 'BOOTCTL_USB_PATH',
    parse: parseUsbPath,
  },
  target: {
    flags: '--target <line>',
    description: "line of the target, such as F405_407, instead of the profile's: it has to fit what is found",
    env: 'BOOTCTL_TARGET',
  },
  baud: {
    flags: '--baud <rate>',
    description: "the ROM's USART at this baud rate and no other, instead of the profile's and what pays",
    env: 'BOOTCTL_BAUD',
    parse: parseBaud,
  },
  attempts: {
    flags: '--attempts <n>',
    description:
      'how often a rung is tried whose DFU device does not come, instead of 1, or 4 where the host saw a device',
    env: 'BOOTCTL_ATTEMPTS',
    parse: parseAttempts,
  },
  kernel: {
    flags: '--kernel',
    description: 'plug the board into this Linux as USB devices, until Ctrl-C (needs vhci_hcd and root)',
    env: 'BOOTCTL_KERNEL',
  },
  chip: {
    flags: '--chip <id>',
    description: 'with --kernel: chip of the adapter, such as cp2102 (ft232r where none is given)',
    env: 'BOOTCTL_CHIP',
  },
  address: {
    flags: '--address <address>',
    description: 'where a raw binary goes, such as 0x08000000',
    env: 'BOOTCTL_ADDRESS',
    parse: parseAddress,
  },
  patch: {
    flags: '--patch <address=value>',
    description: 'bytes of this unit: 0x0800FF00=text:SN0042, …=u32:42, …=DEADBEEF; may be given again',
    env: 'BOOTCTL_PATCH',
    parse: (text, previous) => [...(Array.isArray(previous) ? previous : []), text],
  },
  patchFile: {
    flags: '--patch-file <path>',
    description: 'file with one patch a line',
    env: 'BOOTCTL_PATCH_FILE',
  },
  timeout: {
    flags: '--timeout <time>',
    description:
      'how long to wait for the DFU device after each reset, and for a person (`manual`), such as 5s or 800ms',
    env: 'BOOTCTL_TIMEOUT',
    parse: parseTime,
  },
  restore: {
    flags: '--restore <file>',
    description: 'put bytes of this file back beside the image, whatever stands there; implies --keep',
    env: 'BOOTCTL_RESTORE',
  },
  noVerify: { flags: '--no-verify', description: 'do not read the flash back', env: 'BOOTCTL_NO_VERIFY' },
  force: {
    flags: '--force',
    description: 'flash an image that looks wrong; what is overridden is said',
    env: 'BOOTCTL_FORCE',
  },
  unprotect: {
    flags: '--unprotect',
    description:
      'remove readout protection where it is met, which erases the whole flash; by USART, write protection too',
    env: 'BOOTCTL_UNPROTECT',
  },
  yes: { flags: '-y, --yes', description: 'do not ask before the whole flash is erased', env: 'BOOTCTL_YES' },
  noEntry: {
    flags: '--no-entry',
    description: "take the bootloader that is there, over DFU or the ROM's USART; move no line",
    env: 'BOOTCTL_NO_ENTRY',
  },
  dryRun: {
    flags: '-n, --dry-run',
    description: 'show line sequences and flash plan; open nothing',
    env: 'BOOTCTL_DRY_RUN',
  },
  simulate: {
    flags: '--simulate [scenario]',
    description: 'run against a simulated bench; `bootctl simulate` lists the scenarios',
    env: 'BOOTCTL_SIMULATE',
    parse: (text) => (isYes(text) ? true : text),
  },
  trace: {
    flags: '--trace <file>',
    description: 'record edges, bytes, transfers and states; `bootctl trace <file>` shows them',
    env: 'BOOTCTL_TRACE',
  },
  json: { flags: '--json', description: 'one JSON object a line on stdout, the result last', env: 'BOOTCTL_JSON' },
  verbose: { flags: '-v, --verbose', description: 'show every edge of RTS and DTR', env: 'BOOTCTL_VERBOSE' },
  quiet: {
    flags: '-q, --quiet',
    description: 'only the result or the error',
    env: 'BOOTCTL_QUIET',
    conflicts: 'verbose',
  },
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof table;

/** What a command needs that moves lines. */
export const jobOptions = [
  'profile',
  'target',
  'port',
  'usbPath',
  'timeout',
  'baud',
  'attempts',
  'dryRun',
  'simulate',
  'trace',
] as const;
/** The same for one that needs the target in its bootloader. */
export const entryOptions = [...jobOptions, 'noEntry'] as const;
export const imageFileOptions = ['address', 'patch', 'patchFile'] as const;
export const imageOptions = [...imageFileOptions, 'noVerify', 'force', 'unprotect', 'yes'] as const;
export const outputOptions = ['json', 'verbose', 'quiet'] as const;

/** The images of a command that needs one. */
export const imageArgument = ['<image...>', 'firmware images, - for standard input, app.bin@0x08008000'] as const;

/** Options that some commands have in a sense of their own, without an environment variable. */
export const lengthOption = [
  '--length <bytes>',
  'how many bytes from --address on; to the end of the memory without it',
  parseNumber,
] as const;
export const alternateOption = ['--alt <n>', 'another memory, by its number in `bootctl info`', parseNumber] as const;
export const yesOption = ['--yes', 'do it: this cannot be undone'] as const;

/** Adds shared options to a command. */
export function withOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
  names: readonly OptionName[],
): Command {
  for (const name of names) command.addOption(optionOf(table[name], env));
  return command;
}

function optionOf(row: OptionRow, env: Readonly<Record<string, string | undefined>>): Option {
  const option = new Option(row.flags, row.description);
  if (row.parse) option.argParser(row.parse);
  if (row.conflicts) option.conflicts(row.conflicts);
  // For commander a variable that is set means yes, whatever it says; BOOTCTL_FORCE=0 must not mean that.
  return isNo(env[row.env]) ? option : option.env(row.env);
}

/** Whether JSON is wanted, also when the arguments cannot be parsed. */
export const wantsJson = (argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean =>
  argv.includes('--json') || (env[table.json.env] !== undefined && !isNo(env[table.json.env]));

const isYes = (text: string): boolean => /^(1|true|yes|on)$/i.test(text);
const isNo = (text: string | undefined): boolean => text !== undefined && /^(|0|false|no|off)$/i.test(text);

function parsePort(text: string): string {
  try {
    networkPort(text);
    return text;
  } catch (error) {
    if (error instanceof BootctlError) throw new InvalidArgumentError(`${error.message}. ${error.hint}`);
    throw error;
  }
}

function parseUsbPath(text: string): string {
  if (usbPathPattern.test(text)) return text;
  throw new InvalidArgumentError('A USB path is bus and port numbers, such as 1-2.3; `bootctl list` shows them.');
}

function parseBaud(text: string): number {
  const rate = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 300 && rate <= 4_000_000) return rate;
  throw new InvalidArgumentError('A baud rate is a whole number from 300 to 4000000, such as 115200.');
}

function parseAttempts(text: string): number {
  const attempts = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (attempts >= 1 && attempts <= 100) return attempts;
  throw new InvalidArgumentError('A whole number from 1 to 100.');
}

function parseAddress(text: string): number {
  const digits = text.replaceAll('_', '');
  const address = /^(0x[0-9a-f]+|\d+)$/i.test(digits) ? Number(digits) : Number.NaN;
  if (address <= 0xffff_ffff) return address;
  throw new InvalidArgumentError('An address has 32 bits, such as 0x08000000.');
}

/** Of an option that one command has for itself. */
export function parseNumber(text: string): number {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('A whole number, such as 4096 or 0x1000.');
}

function parseTime(text: string): Milliseconds {
  try {
    const time = parseQuantity(text, 'time');
    if (time > 0) return time;
  } catch {
    // the message below says what is allowed
  }
  throw new InvalidArgumentError('A time has its unit, such as 5s or 800ms.');
}
