import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const circuits = new URL('../../hardware/circuits/', import.meta.url).pathname;

/** Why ngspice cannot be run here, or undefined. `BOOTCTL_REQUIRE=ngspice` makes that an error. */
export function ngspiceMissing(): string | undefined {
  if (spawnSync('ngspice', ['--version'], { encoding: 'utf8' }).status === 0) return undefined;
  if ((process.env.BOOTCTL_REQUIRE ?? '').split(',').includes('ngspice')) throw new Error('ngspice is not installed');
  return 'ngspice is not installed';
}

/** Parameters of a netlist (`.param name=value`), and the temperature in °C. */
export type SpiceParameters = Readonly<Record<string, string | number>>;

/** Runs a netlist of hardware/circuits with some of its parameters replaced: its measurements, in volts and seconds. */
export function simulate(netlist: string, { temp, ...parameters }: SpiceParameters = {}): ReadonlyMap<string, number> {
  let text = readFileSync(`${circuits}${netlist}.cir`, 'utf8');
  const replace = (line: RegExp, by: string) => {
    if (!line.test(text)) throw new Error(`${netlist}.cir has no line ${line}`);
    text = text.replace(line, by);
  };
  for (const [name, value] of Object.entries(parameters)) {
    replace(new RegExp(`^\\.param ${name}=.*$`, 'm'), `.param ${name}=${value}`);
  }
  if (temp !== undefined) replace(/^\.temp .*$/m, `.temp ${temp}`);
  return runNetlist(text);
}

/** Runs a netlist: its measurements, in volts and seconds. */
export function runNetlist(text: string): ReadonlyMap<string, number> {
  const run = spawnSync('ngspice', ['-b'], { encoding: 'utf8', input: text });
  return new Map(
    [...run.stdout.matchAll(/^(\w+)\s+=\s+(\S+)/gm)].map(([, name, value]) => [name!, Number(value)] as const),
  );
}
