import { expect, test } from 'vitest';
import { type HostPlatform, hostManners } from '../../src/sim/in-process/host-manner.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { firmware, jsonLines, runCli } from '../helpers/cli-context.ts';

// The same jobs on the three hosts: path forms, addresses given again, no strings in a listing, no log, no order kept.

async function onHost(host: HostPlatform, profileId: string, scenario: string, ...argv: string[]) {
  const benches: SimBench[] = [];
  const run = await runCli([...argv, '-p', profileId, '--simulate', scenario, '--json'], {
    openBench: async ({ profile }) => {
      const bench = createSimBench({ profile: profile!, scenario, host });
      benches.push(bench);
      return bench;
    },
  });
  const lines = jsonLines(run.stdout);
  return { lines, result: lines.at(-1)!, truth: benches[0]!.truth };
}

const hosts = Object.keys(hostManners) as HostPlatform[];
const jobs: readonly (readonly [profile: string, scenario: string, end: object])[] = [
  ['rc-cap', 'crashed', { ok: true, verified: true, application: 'seen' }],
  ['rc-cap', 'healthy', { ok: true, verified: true, application: 'seen' }],
  ['rc-cap', 'blank-flash', { ok: true, verified: true }],
  ['two-line', 'crashed', { ok: true, verified: true }],
  ['rc-cap', 'target-lost-once', { ok: true, verified: true }],
  ['rc-cap', 'readout-protected', { ok: false, exitCode: 6, flash: 'untouched' }],
  ['rc-cap', 'no-usb', { ok: false, exitCode: 4 }],
  ['rc-cap', 'adapter-lost', { ok: false, exitCode: 3 }],
  ['rc-cap', 'stuck-bit', { ok: false, exitCode: 7, flash: 'differs' }],
];

test.each(hosts.flatMap((host) => jobs.map(([profile, scenario, end]) => ({ host, profile, scenario, end }))))(
  '$host, $profile, $scenario',
  async ({ host, profile, scenario, end }) => {
    const { result, truth } = await onHost(host, profile, scenario, 'recover', firmware);
    expect(result).toMatchObject(end);
    const last = truth.events.findLast(({ what }) => what === 'lines');
    expect(last).toMatchObject({ rts: 'released', dtr: 'released' });
  },
);

test.each([
  ['linux', '/dev/ttySIM0', true],
  ['darwin', '/dev/cu.usbserial-SIM0', false],
  ['win32', 'COM3', false],
] as const)('%s lists the adapter as %s; strings of a DFU device: %s', async (host, path, hasStrings) => {
  const { lines } = await onHost(host, 'rc-cap', 'already-dfu', 'list');
  expect(lines.find(({ event }) => event === 'adapter')).toMatchObject({ path });
  expect('serialNumber' in lines.find(({ event }) => event === 'dfu-device')!).toBe(hasStrings);
});
