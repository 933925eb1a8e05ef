import { BootctlError } from '../../base/errors.ts';
import { count } from '../../base/text.ts';
import type { ModuleFact, UdevRuleFile } from '../../bench/host-facts.ts';
import { whyNoDfu } from '../entry/awaited.ts';
import { type Check, type Finding, troubleFinding } from './doctor-check.ts';

/** The `engines` of package.json. */
export const oldestNode = [20, 19] as const;

const ok = (seen: string): readonly Finding[] => [{ verdict: 'ok', seen }];

const node: Check = ({ host: { nodeVersion } }) => {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok(`Node.js ${nodeVersion}`);
  const advice = `Install Node.js ${oldestNode.join('.')} or newer.`;
  return [{ verdict: 'problem', seen: `Node.js ${nodeVersion} is too old`, advice }];
};

/** What bootctl cannot do without a module. */
const purposes: Readonly<Record<ModuleFact['name'], string>> = {
  serialport: 'opens the adapter',
  usb: 'opens the DFU device',
  koffi: 'moves the lines of CDC-ACM adapters without break, and sets the parity of the ROM',
};

const modules: Check = ({ host }) =>
  host.modules.map(({ name, trouble }) =>
    trouble === undefined
      ? { verdict: 'ok', seen: `module ${name} loads` }
      : {
          verdict: 'problem',
          seen: `module ${name}, which ${purposes[name]}, does not load: ${trouble}`,
          advice: `Run \`npm rebuild ${name}\` in the folder of bootctl, or install bootctl again on this system.`,
        },
  );

const usbBus: Check = ({ inventory: { busTrouble, usbDevices } }) => {
  if (busTrouble) return [troubleFinding('problem', busTrouble)];
  if (usbDevices.length > 0) return ok(`${count(usbDevices.length, 'USB device')} on the bus`);
  const advice = 'Plug adapter and target in; in a container, pass /dev/bus/usb through and mount /sys.';
  return [{ verdict: 'warning', seen: 'the USB bus is empty', advice }];
};

const hotplug: Check = ({ host: { udev } }) => {
  if (!udev) return [];
  return ok(udev.isRunning ? 'udevd runs: hotplug events come' : 'no udevd: bootctl scans the bus by itself');
};

const install =
  '`bootctl doctor --udev | sudo tee /etc/udev/rules.d/60-bootctl.rules && sudo udevadm control --reload && sudo udevadm trigger`';

/** Whether a rule names 0483:df11, or all of ST; patterns may be alternatives (udev(7)). */
function isForDfu(line: string): boolean {
  if (/^\s*#/.test(line) || !/\b(MODE|TAG|GROUP)\+?:?=/.test(line)) return false;
  const wanted = (name: string) =>
    new RegExp(`ATTRS?\\{${name}\\}=="([^"]*)"`).exec(line)?.[1]?.toLowerCase().split('|');
  const products = wanted('idProduct');
  const fits = products === undefined || products.some((product) => product === 'df11' || product === '*');
  return fits && wanted('idVendor')?.includes('0483') === true;
}

const coveringFile = (files: readonly UdevRuleFile[]): UdevRuleFile | undefined =>
  files.find(({ text }) => text.replaceAll('\\\n', ' ').split('\n').some(isForDfu));

const udevRule: Check = ({ host: { udev, isRoot }, wanted }) => {
  if (!udev?.isRunning) return [];
  const file = coveringFile(udev.ruleFiles);
  if (file) return ok(`${file.path} gives the right to open the DFU device`);
  if (isRoot) return ok('no udev rule for 0483:df11; root needs none');
  const profile = wanted?.profile;
  const whyNot = profile && !(profile instanceof BootctlError) ? whyNoDfu(profile) : undefined;
  if (whyNot !== undefined) return ok(`no udev rule for 0483:df11, and none is needed: ${whyNot}`);
  const advice = `Run ${install}.`;
  return [{ verdict: 'problem', seen: 'no udev rule gives this user the right to open 0483:df11', advice }];
};

const modemManager: Check = ({ host, inventory }) => {
  if (!host.udev) return [];
  if (!host.modemManagerRuns) return ok('ModemManager does not run');
  const probed = inventory.ports.filter(
    ({ info }) => info.vendorId !== undefined && host.ports[info.path]?.isIgnoredByModemManager !== true,
  );
  if (probed.length === 0) return ok('ModemManager runs, and leaves the adapters alone');
  const names = probed.map(({ info }) => info.path).join(', ');
  const advice = `It moves RTS and DTR of each new port: run ${install}, and plug the adapter in again.`;
  return [{ verdict: 'warning', seen: `ModemManager runs and probes ${names}`, advice }];
};

/** The host itself. */
export const hostChecks = {
  node,
  modules,
  'usb-bus': usbBus,
  hotplug,
  'udev-rule': udevRule,
  'modem-manager': modemManager,
} as const satisfies Record<string, Check>;
