import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import type { PortInfo } from '../../bench/serial-link.ts';
import { type FileHolder, findHolders, findLockHolder, isRunning, nameHolders } from '../system/file-holder.ts';
import { causeOf, openingCode, textOf } from './errors.ts';
import { portName } from './port-name.ts';

/** Host facts about a port that this user may not open. */
export interface DeniedFacts {
  readonly path: string;
  readonly user: string;
  /** errno name: `EACCES` by file mode, `EPERM` by a container's device rules. */
  readonly cause: string;
  readonly group?: string;
  /** Permission bits of the port. */
  readonly mode?: number;
  /** The group database lists the user, but this login session began before that. */
  readonly member?: boolean;
}

const containerHint = (path: string): string =>
  `In a container, pass the port through: \`docker run --device ${path} …\`.`;

/** The refusal in words, with the exact command that lifts it. */
export function explainDenied(facts: DeniedFacts): BootctlError {
  const { path, user, group, mode } = facts;
  const rights = mode === undefined ? '' : `, mode 0${(mode & 0o777).toString(8)}`;
  const owner = group === undefined ? '' : `: it belongs to group ${group}${rights}`;
  const groupHelps = group !== undefined && group !== 'root' && (mode === undefined || (mode & 0o060) === 0o060);
  let hint = `Give the port to a group with a udev rule: SUBSYSTEM=="tty", KERNEL=="${path.split('/').at(-1)}", GROUP="dialout", MODE="0660".`;
  if (facts.cause === 'EPERM') hint = containerHint(path);
  else if (groupHelps && facts.member) hint = `You are in group ${group} already: log out and in again.`;
  else if (groupHelps) hint = `Run \`sudo usermod -aG ${group} ${user}\`, then log out and in again.`;
  return new BootctlError('adapter-denied', `${user} may not open ${path}${owner}`, { hint });
}

async function deniedFacts(path: string, cause: string): Promise<DeniedFacts> {
  const user = userInfo().username;
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) return { path, user, cause };
  const database = await readFile('/etc/group', 'utf8').catch(() => '');
  const row = database.split('\n').find((line) => Number(line.split(':')[2]) === file.gid);
  const [group = String(file.gid), , , members = ''] = row?.split(':') ?? [];
  return { path, user, cause, group, mode: file.mode, member: members.split(',').includes(user) };
}

/** Host facts about a port that another process has open. */
export interface BusyFacts {
  readonly path: string;
  /** `name (pid n)` of the processes that hold it, where this user may see them. */
  readonly holders?: string;
  readonly heldByUs: boolean;
  readonly modemManager: boolean;
}

/** The collision in words. ModemManager, which probes every new port for a modem, has its own advice. */
export function explainBusy({ path, holders, heldByUs, modemManager }: BusyFacts): BootctlError {
  const who = heldByUs ? 'this process' : (holders ?? 'another program');
  const modemHint =
    'Keep ModemManager off the adapter with ENV{ID_MM_DEVICE_IGNORE}="1" (hardware/udev/60-bootctl.rules), or run `sudo systemctl stop ModemManager`.';
  let hint: string | undefined;
  if (holders?.includes('ModemManager')) hint = modemHint;
  else if (!heldByUs && holders === undefined) {
    hint = `Run \`sudo fuser -v ${path}\` to see who holds it.${modemManager ? ` ModemManager runs here: ${modemHint}` : ''}`;
  }
  return new BootctlError('adapter-busy', `${path} is in use by ${who}`, hint === undefined ? {} : { hint });
}

async function busyFacts(path: string, known?: FileHolder): Promise<BusyFacts> {
  const found = known ? [known] : await findHolders(path);
  const holders = nameHolders(found.filter(({ pid }) => pid !== process.pid));
  const heldByUs = holders === undefined && found.length > 0;
  return { path, heldByUs, modemManager: await isRunning('ModemManager'), ...(holders ? { holders } : {}) };
}

/** A collision found before the port is opened, by the lock of another program. Undefined if there is none. */
export async function foreseeBusy(path: string): Promise<BootctlError | undefined> {
  const holder = await findLockHolder(path);
  return holder && explainBusy(await busyFacts(path, holder));
}

/** The missing port in words, with the ports that are there. `node`: the name in the list, where the path is another name of it. */
export function explainMissing(path: string, ports: readonly PortInfo[], node = path): BootctlError {
  const names = ports.map((port) => (port.vendorId ? `${port.path} (${port.vendorId}:${port.productId})` : port.path));
  const present = names.length === 0 ? 'this host has no serial port' : `this host has ${names.join(', ')}`;
  if (!ports.some((port) => port.path === node)) {
    return new BootctlError('adapter-missing', `There is no port ${path}; ${present}`);
  }
  const message = `The kernel lists ${path}, but it cannot be reached here`;
  return new BootctlError('adapter-missing', message, { hint: containerHint(path) });
}

/** Why a port did not open, with all facts that the host provides. */
export async function explainOpening(
  path: string,
  error: unknown,
  list: () => Promise<readonly PortInfo[]>,
): Promise<BootctlError> {
  const explanations: { readonly [K in ErrorCode]?: () => Promise<BootctlError> } = {
    'adapter-denied': async () => explainDenied(await deniedFacts(path, causeOf(error) ?? '')),
    'adapter-busy': async () => explainBusy(await busyFacts(path)),
    'adapter-missing': async () => explainMissing(path, await list().catch(() => []), await portName(path)),
  };
  const explain = explanations[openingCode(error)];
  const hint =
    causeOf(error) === 'ENOTTY' ? { hint: `${path} is not a serial port; \`bootctl list\` shows them.` } : {};
  const failure = explain
    ? await explain()
    : new BootctlError('adapter-failed', `${path} did not open: ${textOf(error)}`, hint);
  failure.cause = error;
  return failure;
}
