import type { ModemLines } from '../../bench/serial-link.ts';
import { idleLines } from '../../board/circuit/wiring.ts';
import type { AdapterWires } from '../board/target-program.ts';

type LineName = keyof ModemLines;

/** The two lines of a board, some of them moved by an adapter and some by GPIO of the host: each moves its own only. */
export class LineMix {
  readonly #wires: AdapterWires;
  readonly #ofHost: ReadonlySet<LineName>;
  #lines: ModemLines = idleLines;

  constructor(wires: AdapterWires, ofHost: readonly LineName[]) {
    this.#wires = wires;
    this.#ofHost = new Set(ofHost);
  }

  /** Lines of the host move, all at once. */
  move(lines: Partial<ModemLines>): void {
    this.#put(lines);
  }

  /** The wires as an adapter has them: what the host moves is not connected to it. */
  adapterWires(): AdapterWires {
    if (this.#ofHost.size === 0) return this.#wires;
    const own = (['rts', 'dtr'] as const).filter((name) => !this.#ofHost.has(name));
    const { setPower, ...wires } = this.#wires;
    return {
      ...wires,
      ...(own.length > 0 && setPower ? { setPower } : {}),
      setLines: (lines) => this.#put(Object.fromEntries(own.map((name) => [name, lines[name]]))),
    };
  }

  #put(lines: Partial<ModemLines>): void {
    this.#lines = { ...this.#lines, ...lines };
    this.#wires.setLines(this.#lines);
  }
}
