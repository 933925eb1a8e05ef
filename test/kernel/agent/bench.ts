import type { ModemLines } from '../../../src/bench/serial-link.ts';
import { systemClock } from '../../../src/host/system/system-clock.ts';
import { adapterChips } from '../../../src/sim/adapters/adapters.ts';
import { UsbAdapter } from '../../../src/sim/adapters/usb-adapter.ts';
import { adapterWires, buildBoards, type SimBoard } from '../../../src/sim/board/sim-boards.ts';
import type { AdapterWires } from '../../../src/sim/board/target-program.ts';
import type { UsbFunction } from '../../../src/sim/board/usb-function.ts';
import { type TimedTruth, TruthLog } from '../../../src/sim/truth.ts';
import { UsbipSocket } from '../../../src/sim/usbip/usbip-socket.ts';
import { vhciPorts, vhciUsbPath } from '../../../src/sim/usbip/vhci.ts';
import { GpioWires } from './gpio-sim.ts';
import { Plug } from './plug.ts';
import { preciseClock } from './precise-clock.ts';
import type { AdapterSetup, BenchSetup, BoardSetup, GpioSetup, Hook, PluggedDevice, TruthPattern } from './protocol.ts';
import { slow } from './slow.ts';
import { stranger } from './stranger.ts';
import { waitForDevice } from './sysfs.ts';
import { setUdevd } from './udev.ts';

function fits(event: TimedTruth, wanted: TruthPattern): boolean {
  const fields: Readonly<Record<string, unknown>> = event;
  return Object.entries(wanted).every(([key, value]) => fields[key] === value);
}

/** The devices of one case: made by `reset`, gone with the next one. */
export class AgentBench {
  truth = new TruthLog(systemClock);
  readonly #plugs = new Map<string, Plug>();
  readonly #adapters = new Map<string, () => UsbFunction>();
  readonly #boards = new Map<string, readonly SimBoard[]>();
  #sockets: UsbipSocket[] = [];
  #gpio: GpioWires | undefined;
  #onAllHubs = false;
  #hooks: { readonly hook: Hook; seen: number }[] = [];
  readonly #act: (hook: Hook) => void;

  constructor(act: (hook: Hook) => void) {
    this.#act = act;
  }

  async reset({
    boards = [],
    adapters = [],
    strangers = [],
    udevd = true,
    onAllHubs = false,
    gpio,
  }: BenchSetup): Promise<PluggedDevice[]> {
    await this.clear();
    this.#onAllHubs = onAllHubs;
    await setUdevd(udevd);
    for (const board of boards) this.#addBoard(board);
    if (gpio) this.#addGpio(gpio, boards);
    for (const adapter of adapters) this.#addAdapter(adapter);
    for (const { name, unplugged = false } of strangers) this.#newPlug(name, !unplugged).attach(stranger(name));
    const present = [...adapters, ...strangers].filter(({ unplugged }) => !unplugged);
    const plugged = await Promise.all(present.map(({ name }) => this.#bound(name)));
    return [...plugged, ...(await Promise.all(boards.map((board) => this.#boardBound(board))))];
  }

  /** Pulls every cable and waits until the kernel has let go. */
  async clear(): Promise<void> {
    this.#hooks = [];
    this.#gpio?.close();
    this.#gpio = undefined;
    for (const { board } of [...this.#boards.values()].flat()) board.powerOff();
    for (const socket of this.#sockets) socket.detach();
    for (const socket of this.#sockets) await socket.settled();
    this.#sockets = [];
    this.#plugs.clear();
    this.#adapters.clear();
    this.#boards.clear();
    this.truth = new TruthLog(systemClock);
    this.truth.onEvent((event) => this.#runHooks(event));
  }

  async plug(name: string): Promise<PluggedDevice> {
    const plug = this.#plugNamed(name);
    const adapter = this.#adapters.get(name);
    // An adapter starts afresh with each supply; a target has a supply of its own.
    if (adapter) plug.attach(adapter());
    plug.putBack();
    return this.#boards.has(name) ? { name, usbPath: plug.path } : this.#bound(name);
  }

  unplug(name: string): void {
    this.#plugNamed(name).pull();
  }

  freeze(name: string): void {
    this.#plugNamed(name).freeze();
  }

  when(hook: Hook): void {
    this.#hooks.push({ hook, seen: 0 });
  }

  flash(name: string, address: number, length: number): Uint8Array {
    const board = this.#boards.get(name)?.[0];
    if (!board) throw new Error(`no board ${name}`);
    return board.memory.flash.read(address, length);
  }

  /** Lines of an adapter as its last edge left them. */
  lines(adapter: string): ModemLines {
    const edge = this.truth.of('lines').findLast((event) => event.adapter === adapter);
    return { rts: edge?.rts ?? 'released', dtr: edge?.dtr ?? 'released' };
  }

  until(wanted: TruthPattern, timeout = 30_000): Promise<TimedTruth> {
    const past = this.truth.events.find((event) => fits(event, wanted));
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`no ${JSON.stringify(wanted)} within ${timeout} ms`));
      }, timeout);
      const stop = this.truth.onEvent((event) => {
        if (!fits(event, wanted)) return;
        clearTimeout(timer);
        stop();
        resolve(event);
      });
    });
  }

  #runHooks(event: TimedTruth): void {
    for (const entry of [...this.#hooks]) {
      if (!fits(event, entry.hook.event)) continue;
      entry.seen += 1;
      if (entry.seen !== (entry.hook.nth ?? 1)) continue;
      this.#hooks = this.#hooks.filter((other) => other !== entry);
      this.#act(entry.hook);
    }
  }

  /** Its truth goes to the bench's log under its own name; a scenario's neighbour keeps its own. */
  #addBoard({ name, profile, scenario = {} }: BoardSetup): void {
    const truth = new TruthLog(systemClock);
    const nameOf = (board: string) => (board === 'target' ? name : board);
    truth.onEvent(({ t: _t, board, ...event }) => this.truth.add(nameOf(board), event));
    const boards = buildBoards({
      profile,
      scenario: { ...scenario, name, summary: '' },
      clock: preciseClock,
      truth,
      socketFor: (_path, board) => this.#newPlug(nameOf(board), true),
    });
    this.#boards.set(name, boards);
  }

  /** The GPIO is named `gpio` in the truth log. */
  #addGpio({ board, hogs = {} }: GpioSetup, setups: readonly BoardSetup[]): void {
    const { hostLines } = setups.find(({ name }) => name === board)!.profile;
    const wires = adapterWires(this.#boards.get(board)!, 'gpio');
    this.#gpio = new GpioWires(
      hostLines!,
      hogs,
      (lines) => wires.setLines(lines),
      (event) => this.truth.add('gpio', event),
    );
  }

  #addAdapter({ name, chip: id, serialNumber = name, board, latency = 0, unplugged = false }: AdapterSetup): void {
    const chip = adapterChips[id];
    if (!chip) throw new Error(`no adapter ${id}`);
    const boards = board === undefined ? undefined : this.#boards.get(board);
    const wires = boards ? adapterWires(boards, name) : this.#looseWires(name);
    const make = () => {
      const adapter = new UsbAdapter(chip, serialNumber, wires, systemClock, preciseClock);
      return latency > 0 ? slow(adapter, latency) : adapter;
    };
    this.#adapters.set(name, make);
    const plug = this.#newPlug(name, !unplugged);
    if (!unplugged) plug.attach(make());
  }

  async #bound(name: string): Promise<PluggedDevice> {
    const { path } = this.#plugNamed(name);
    return { name, usbPath: path, ...(await waitForDevice(path, this.#adapters.has(name))) };
  }

  /** A board is ready when the host sees its ROM, or its application, where one of them is on USB. */
  #boardBound({ name, profile: { application }, scenario = {} }: BoardSetup): Promise<PluggedDevice> | PluggedDevice {
    const isInRom = scenario.startsInRom && scenario.rom?.usb !== false;
    const runs = !scenario.startsInRom && scenario.flash === 'healthy' && application.expect === 'usb';
    return isInRom || runs ? this.#bound(name) : { name, usbPath: this.#plugNamed(name).path };
  }

  #plugNamed(name: string): Plug {
    const plug = this.#plugs.get(name);
    if (!plug) throw new Error(`nothing on the bench is named ${name}`);
    return plug;
  }

  #newPlug(owner: string, isIn: boolean): Plug {
    const socket = new UsbipSocket(this.#freePort(), systemClock, (event) => this.truth.add(owner, event));
    this.#sockets.push(socket);
    const plug = new Plug(socket, isIn);
    this.#plugs.set(owner, plug);
    return plug;
  }

  #freePort(): number {
    const taken = new Set(this.#sockets.map(({ port }) => port));
    const free = vhciPorts()
      .filter(({ hub, number, state }) => hub === 'hs' && state === 'free' && !taken.has(number))
      .map(({ number }) => number);
    if (free.length === 0) throw new Error('no free vhci port');
    if (!this.#onAllHubs) return free[0]!;
    const busOf = (path: string) => path.split('-')[0];
    const last = this.#sockets.at(-1)?.path ?? '';
    return free.find((port) => busOf(vhciUsbPath(port)) !== busOf(last)) ?? free[0]!;
  }

  #looseWires(name: string): AdapterWires {
    return {
      adapter: name,
      setLines: (lines) => this.truth.add(name, { what: 'lines', adapter: name, ...lines }),
      transmit: () => {},
      onReceive: () => () => {},
    };
  }
}
