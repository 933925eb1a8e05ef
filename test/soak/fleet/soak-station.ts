import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TcpProxy } from '../../helpers/tcp-proxy.ts';

export const root = process.cwd();
export const bootctl = join(root, 'bin/bootctl.js');
/** In front of a process: its wall clock is off by BOOTCTL_SHIFT ms. */
const shifted = join(root, 'test/soak/fleet/shift-clock.cjs');

/** What a station says of itself, as far as this looks at it. */
interface Said {
  readonly event: string;
  readonly view?: { readonly state: string; readonly heldBy?: string };
  readonly run?: { readonly run: string; readonly outcome?: string };
  readonly slot?: {
    readonly state: string;
    readonly run?: string;
    readonly heldBy?: string;
    readonly verdict?: { readonly outcome: string };
  };
}

/** A station as a process of its own, behind a network of its own; it is started again and again on one folder. */
export class SoakStation {
  readonly name: string;
  readonly folder: string;
  readonly network: TcpProxy;
  /** Runs whose PASS somebody may have seen. */
  readonly shown = new Set<string>();
  /** Why it was held, each once. */
  readonly holds = new Set<string>();
  /** Ends that were none of ours. */
  readonly ends: string[] = [];
  passes = 0;
  lives = 0;
  state = '';
  #process: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #said = '';
  #isEnding = false;

  constructor(name: string, folder: string, network: TcpProxy) {
    this.name = name;
    this.folder = folder;
    this.network = network;
    mkdirSync(join(folder, 'state'), { recursive: true });
  }

  get records(): string {
    return join(this.folder, 'records.db');
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  writeJig(slots: number, database: string): void {
    const places = Array.from(
      { length: slots },
      (_, index) => `  S${index + 1}: { adapter: "1-3.${index + 1}", target: "1-2.${index + 1}" }`,
    );
    writeFileSync(
      join(this.folder, 'jig.yaml'),
      `station: ${this.name}\nslots:\n${places.join('\n')}\nstart: { on: [insert], settle: 5ms }\nfleet: ${database}\n`,
    );
  }

  /** Its folder as it is, on a second computer. */
  copy(folder: string, network: TcpProxy): SoakStation {
    cpSync(this.folder, folder, { recursive: true });
    return new SoakStation(this.name, folder, network);
  }

  environment(): NodeJS.ProcessEnv {
    const state = join(this.folder, 'state');
    return { ...process.env, XDG_STATE_HOME: state, HOME: state, NO_COLOR: '1' };
  }

  /** `shift`: so many ms its wall clock is off. */
  start(seed: number, { shift = 0 } = {}): void {
    this.lives += 1;
    const preload = shift === 0 ? {} : { NODE_OPTIONS: `--require ${shifted}`, BOOTCTL_SHIFT: String(shift) };
    const argv = ['jig', 'run', '--simulate', '--no-page', '--json', '--seed', String(seed)];
    const station = spawn(process.execPath, [bootctl, ...argv], {
      cwd: this.folder,
      env: { ...this.environment(), ...preload },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = station;
    this.#isEnding = false;
    this.#said = '';
    station.stderr.on('data', (text) => {
      this.#said = (this.#said + text).slice(-2_000);
    });
    createInterface({ input: station.stdout }).on('line', (line) => this.#hear(line));
    this.#ended = new Promise((resolve) =>
      station.on('close', (status, signal) => {
        if (this.#process === station) this.#process = undefined;
        if (signal !== 'SIGKILL' && !this.#isEnding)
          this.ends.push(`${status ?? signal} ${this.#said.trim().split('\n').at(-1) ?? ''}`.trim());
        resolve();
      }),
    );
  }

  async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    this.#isEnding = true;
    this.#process?.kill(signal);
    await this.#ended;
  }

  #hear(line: string): void {
    if (!line.startsWith('{')) return;
    const { event, view, run, slot } = JSON.parse(line) as Said;
    if (event === 'run' && run?.outcome === 'pass') this.passes += 1;
    if (event === 'slot' && slot?.verdict?.outcome === 'pass' && slot.run !== undefined) this.shown.add(slot.run);
    if (event === 'slot' && slot?.state === 'held' && slot.heldBy !== undefined) this.holds.add(shortened(slot.heldBy));
    if (event !== 'station' || !view) return;
    this.state = view.state;
    if (view.heldBy !== undefined) this.holds.add(shortened(view.heldBy));
  }
}

/** The same at another time is the same. */
const shortened = (hold: string): string => hold.replace(/ since \d\d:\d\d/, '');
