import { expect, test } from 'vitest';
import { BootctlError } from '../../src/base/errors.ts';
import type { UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { MethodName } from '../../src/board/circuit/plan.ts';
import type { Entry } from '../../src/ops/entry/enter-bootloader.ts';
import { refuseOtherInterface } from '../../src/ops/entry/enter-same.ts';
import type { SimBench } from '../../src/sim/sim-bench.ts';
import { firmware, runCommand } from '../helpers/command.ts';

/** A job whose target is lost in the midst of the work goes on with the same target, or not at all. */
type Change = (devices: readonly UsbDeviceInfo[]) => readonly UsbDeviceInfo[];

/** What the bus looks like once the contact has failed; `opened` are the places of which a device was opened since. */
async function interrupted(change: Change) {
  const opened: string[] = [];
  const arrange = ({ usb, truth }: SimBench) => {
    const list = usb.list.bind(usb);
    const open = usb.open.bind(usb);
    const isLost = () => truth.events.some(({ what }) => what === 'vanished' && isPulled(truth));
    usb.list = async () => (isLost() ? change(await list()) : list());
    usb.open = async (info) => {
      if (isLost()) opened.push(`${info.serialNumber} at ${info.path}`);
      return open(info);
    };
  };
  const argv = ['recover', firmware, '--profile', 'rc-cap', '--simulate', 'target-lost-once', '--json'];
  return { opened, ...(await runCommand(argv, { arrange })) };
}

const isPulled = ({ events }: SimBench['truth']) =>
  events.some((event) => event.what === 'fault' && event.name === 'usb-cable-pulled');
const isDfu = ({ productId }: UsbDeviceInfo) => productId === 'df11';
const changed =
  (how: (device: UsbDeviceInfo) => UsbDeviceInfo): Change =>
  (devices) =>
    devices.map((device) => (isDfu(device) ? how(device) : device));

test('what comes back at the same path with the same serial number is gone on with', async () => {
  const { result, opened } = await interrupted((devices) => devices);
  expect(result).toMatchObject({ ok: true, verified: true });
  expect(opened).toEqual([expect.stringMatching(/ at 1-2$/)]);
});

test('without a serial number the path has to be the same', async () => {
  const { result } = await interrupted(changed(({ serialNumber: _, ...device }) => device));
  expect(result).toMatchObject({ ok: true, verified: true });
});

test.each([
  {
    name: 'another serial number at the same path',
    change: changed((device) => ({ ...device, serialNumber: '305C36783731' })),
    says: /305C36783731.*1-2/,
  },
  {
    name: 'another path',
    change: changed((device) => ({ ...device, path: '1-3' })),
    says: /1-2.*1-3/,
  },
  {
    name: 'another path, without a serial number',
    change: changed(({ serialNumber: _, ...device }) => ({ ...device, path: '1-3' })),
    says: /1-2.*1-3/,
  },
])('$name: another board is not gone on with, and nothing is sent to it', async ({ change, says }) => {
  const { status, result, opened } = await interrupted(change);
  expect(result).toMatchObject({ ok: false, flash: 'written in part', error: { code: 'target-unexpected' } });
  expect((result.error as { message: string }).message).toMatch(says);
  expect(status).toBe(4);
  expect(opened).toEqual([]);
});

test('a second board that shows up elsewhere meanwhile does not hold the job up', async () => {
  const { result, opened } = await interrupted((devices) => [
    ...devices.filter(isDfu).map((device) => ({ ...device, path: '1-3', instance: '1-3#99' })),
    ...devices,
  ]);
  expect(result).toMatchObject({ ok: true, verified: true });
  expect(opened).toEqual([expect.stringMatching(/ at 1-2$/)]);
});

/** The contact fails at the first block and is back after 300 ms, while the ROM runs on: powered by something else. */
function contactFails({ usb, truth, clock }: SimBench): void {
  const [list, open] = [usb.list.bind(usb), usb.open.bind(usb)];
  let lostAt: number | undefined;
  truth.onEvent(({ what }) => {
    if (what === 'programmed') lostAt ??= clock.now();
  });
  const isAway = () => lostAt !== undefined && clock.now() < lostAt + 300;
  const anew = (devices: readonly UsbDeviceInfo[]) =>
    devices.map((device) => (lostAt === undefined ? device : { ...device, instance: `${device.instance}+` }));
  usb.list = async () => (isAway() ? [] : anew(await list()));
  usb.open = async (info) => {
    const device = await open({ ...info, instance: info.instance.replace('+', '') });
    const isStale = () => isAway() || (lostAt !== undefined && !info.instance.endsWith('+'));
    const [controlIn, controlOut] = [device.controlIn.bind(device), device.controlOut.bind(device)];
    const lost = new BootctlError('target-lost', 'the contact has failed');
    device.controlIn = async (...request) => (isStale() ? Promise.reject(lost) : controlIn(...request));
    device.controlOut = async (...request) => (isStale() ? Promise.reject(lost) : controlOut(...request));
    return device;
  };
}

test.each([
  { profile: 'betaflight', methods: ['soft-jump', 'already-there'] },
  { profile: 'rc-cap', methods: ['rc-cap', 'rc-cap'] },
])(
  '$profile: a ROM that comes back by itself is waited for where no line can reset it',
  async ({ profile, methods }) => {
    const argv = ['recover', firmware, '--profile', profile, '--simulate', 'healthy', '--json'];
    const { result, events } = await runCommand(argv, { arrange: contactFails });
    expect(result).toMatchObject({ ok: true, verified: true, application: 'seen' });
    const entries = events.filter(({ event }) => event === 'bootloader.entered');
    expect(entries.map(({ method }) => method)).toEqual(methods);
  },
);

const entry = (kind: 'dfu' | 'usart' | null, method: MethodName | null): Entry =>
  ({ bootloader: kind && { kind, place: kind }, rung: method && { method }, reports: [] }) as unknown as Entry;

test.each([
  { first: entry('dfu', 'rc-cap'), last: entry('usart', 'lines'), isRefused: false },
  { first: entry('usart', 'rc-cap'), last: entry('dfu', 'rc-cap'), isRefused: false },
  { first: entry('dfu', null), last: entry('usart', 'rc-cap'), isRefused: true },
  { first: entry('dfu', 'soft-jump'), last: entry('usart', 'lines'), isRefused: true },
  { first: entry('usart', 'lines'), last: entry('dfu', 'manual'), isRefused: true },
  { first: entry('dfu', null), last: entry('dfu', 'lines'), isRefused: false },
])('first $first.bootloader.kind by $first.rung.method, then $last.bootloader.kind by $last.rung.method', (row) => {
  const go = () => refuseOtherInterface([row.first, entry(null, null), row.last]);
  if (row.isRefused) expect(go).toThrow(expect.objectContaining({ code: 'target-unexpected' }));
  else expect(go).not.toThrow();
});
