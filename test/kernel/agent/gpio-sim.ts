import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ModemLines } from '../../../src/bench/serial-link.ts';
import type { HostLines, LineName } from '../../../src/board/circuit/host-lines.ts';
import { idleLines } from '../../../src/board/circuit/wiring.ts';
import type { TruthEvent } from '../../../src/sim/truth.ts';

// A chip of the kernel's gpio-sim, by configfs (Documentation/admin-guide/gpio/gpio-sim.rst). Its lines have values that can be
// read. An open drain is emulated by the kernel as an input, and gpio-sim does not show that: it keeps the value from before.

const configfs = '/sys/kernel/config';
const folder = `${configfs}/gpio-sim/bench`;
const bank = `${folder}/bank0`;
const linesOfChip = 32;
/** How often the values are read: an edge is seen that much late, and a pulse that is shorter is not. */
const period = 1;

/** Lines of the chip that a driver of the kernel holds, by offset. */
export type Hogs = Readonly<Record<number, string>>;

interface Followed {
  readonly name: LineName;
  readonly offset: number;
  readonly idle: 0 | 1;
  readonly value: number;
}

/** A board hangs on the lines of a simulated chip. */
export class GpioWires {
  readonly #followed: readonly Followed[];
  readonly #timer: NodeJS.Timeout;
  readonly #onLines: (lines: ModemLines) => void;
  readonly #record: (event: TruthEvent) => void;
  readonly #chip: string;
  #lines: ModemLines = idleLines;

  constructor(
    hostLines: HostLines,
    hogs: Hogs,
    onLines: (lines: ModemLines) => void,
    record: (event: TruthEvent) => void,
  ) {
    const lines = (['rts', 'dtr'] as const).flatMap((name) => {
      const line = hostLines[name];
      return line?.kind === 'gpio' ? [{ ...line, name }] : [];
    });
    this.#chip = lines[0]!.chip;
    const chip = makeChip(this.#chip, hogs);
    this.#followed = lines.map(({ name, offset, idle }) => {
      // The line's own pull while nobody holds it.
      writeFileSync(join(chip, `sim_gpio${offset}/pull`), idle === 1 ? 'pull-up' : 'pull-down');
      return { name, offset, idle, value: openSync(join(chip, `sim_gpio${offset}/value`), 'r') };
    });
    this.#onLines = onLines;
    this.#record = record;
    this.#timer = setInterval(() => this.#look(), period);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { value } of this.#followed) closeSync(value);
    removeChip();
  }

  #look(): void {
    const now = { ...this.#lines };
    for (const { name, offset, idle, value } of this.#followed) {
      const level = levelOf(value);
      now[name] = level === idle ? 'released' : 'asserted';
      if (now[name] !== this.#lines[name]) this.#record({ what: 'gpio', chip: this.#chip, offset, level });
    }
    if (now.rts === this.#lines.rts && now.dtr === this.#lines.dtr) return;
    this.#lines = now;
    this.#onLines(now);
  }
}

function levelOf(value: number): 0 | 1 {
  const text = Buffer.alloc(1);
  readSync(value, text, 0, 1, 0);
  return text.toString() === '1' ? 1 : 0;
}

/** @returns its folder in sysfs */
function makeChip(label: string, hogs: Hogs): string {
  if (!existsSync(`${configfs}/gpio-sim`)) execFileSync('mount', ['-t', 'configfs', 'configfs', configfs]);
  removeChip();
  mkdirSync(folder);
  mkdirSync(bank);
  writeFileSync(`${bank}/num_lines`, String(linesOfChip));
  writeFileSync(`${bank}/label`, label);
  for (const [offset, name] of Object.entries(hogs)) {
    const hog = `${bank}/line${offset}/hog`;
    mkdirSync(hog, { recursive: true });
    writeFileSync(`${hog}/name`, name);
    writeFileSync(`${hog}/direction`, 'output-low');
  }
  writeFileSync(`${folder}/live`, '1');
  const text = (path: string) => readFileSync(path, 'utf8').trim();
  return `/sys/devices/platform/${text(`${folder}/dev_name`)}/${text(`${bank}/chip_name`)}`;
}

function removeChip(): void {
  if (!existsSync(folder)) return;
  writeFileSync(`${folder}/live`, '0');
  for (const name of readdirSync(bank).filter((one) => one.startsWith('line'))) {
    if (existsSync(`${bank}/${name}/hog`)) rmdirSync(`${bank}/${name}/hog`);
    rmdirSync(`${bank}/${name}`);
  }
  rmdirSync(bank);
  rmdirSync(folder);
}
