import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseProfile } from '../../../src/board/profile/parse-profile.ts';
import { scenarioNamed } from '../../../src/sim/scenarios.ts';
import type { BenchSetup, BoardSetup } from '../agent/protocol.ts';
import { openKernelBench, repository } from './guest.ts';

/** A board as the built-in profile `id` describes it, in the state of a scenario of `--simulate`. */
function board(id: string, scenario: string): BoardSetup {
  const path = join(repository, `hardware/profiles/${id}.yaml`);
  const { name: _name, summary: _summary, ...differences } = scenarioNamed(scenario);
  return { name: 'target', profile: parseProfile(readFileSync(path, 'utf8'), path), scenario: differences };
}

/** `try.mjs` after compilation: boots, plugs in, runs one command in the guest, prints what happened. */
export async function tryCommand(args: readonly string[]): Promise<number> {
  const split = args.indexOf('--');
  const { values } = parseArgs({
    args: args.slice(0, split < 0 ? args.length : split),
    options: {
      adapter: { type: 'string', multiple: true, default: [] },
      target: { type: 'string' },
      profile: { type: 'string', default: 'rc-cap' },
      stranger: { type: 'boolean', default: false },
      'no-udevd': { type: 'boolean', default: false },
      uid: { type: 'string' },
      truth: { type: 'boolean', default: false },
      dmesg: { type: 'boolean', default: false },
    },
  });
  const argv = split < 0 ? [] : args.slice(split + 1);
  const began = performance.now();
  await using bench = await openKernelBench();
  const { client } = bench;
  const { target } = values;
  const setup: BenchSetup = {
    boards: target === undefined ? [] : [board(values.profile, target)],
    adapters: values.adapter.map((chip, index) => ({
      name: index === 0 ? chip : `${chip}-${index + 1}`,
      chip,
      ...(target !== undefined && index === 0 ? { board: 'target' } : {}),
    })),
    strangers: [{ name: 'stranger', unplugged: !values.stranger }],
    udevd: !values['no-udevd'],
  };
  const devices = await client.call('reset', setup);
  process.stderr.write(`# ${bench.where}, ready after ${Math.round(performance.now() - began)} ms\n`);
  for (const device of devices) process.stderr.write(`# ${JSON.stringify(device)}\n`);
  const uid = values.uid === undefined ? {} : { uid: Number(values.uid) };
  const tty = devices.find((device) => device.tty !== undefined)?.tty;
  const env = tty === undefined ? {} : { BENCH_TTY: tty };
  const result = argv.length > 0 ? await client.call('run', { argv, env, ...uid }) : undefined;
  process.stdout.write(result?.stdout ?? '');
  process.stderr.write(result?.stderr ?? '');
  if (values.truth)
    for (const event of await client.call('truth', null)) process.stdout.write(`${JSON.stringify(event)}\n`);
  if (values.dmesg) process.stdout.write(await client.call('dmesg', null));
  process.stderr.write(`# exit status ${result?.status ?? result?.signal}, ${Math.round(result?.duration ?? 0)} ms\n`);
  return result?.status ?? 1;
}
