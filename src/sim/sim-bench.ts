import type { Bench } from '../bench/bench.ts';
import type { Clock } from '../bench/clock.ts';
import type { ModemLines, PortInfo, SerialPorts } from '../bench/serial-link.ts';
import { pinsOf } from '../board/circuit/wiring.ts';
import type { BoardProfile } from '../board/profile.ts';
import { circuitOf, holdTimeOf } from './board/profile-circuit.ts';
import { adapterWires, buildBoards, romOf, type SimBoard } from './board/sim-boards.ts';
import type { AdapterWires } from './board/target-program.ts';
import type { RomPersonality } from './chip/rom-personality.ts';
import type { FirmwareManner } from './firmware/firmware-manner.ts';
import { type HostManner, type HostPlatform, hostManners, withoutStrings } from './in-process/host-manner.ts';
import { LineMix } from './in-process/line-mix.ts';
import { cdcPorts } from './in-process/sim-cdc.ts';
import { type SimCommandsSetup, simCommands } from './in-process/sim-commands.ts';
import { simGpioChips } from './in-process/sim-gpio.ts';
import { simHubPorts } from './in-process/sim-hub-ports.ts';
import { type AdapterBehaviour, placeOf, SimAdapter, simSerialPorts } from './in-process/sim-serial.ts';
import { SimUsbBus } from './in-process/sim-usb.ts';
import type { Neighbour } from './neighbours.ts';
import { defaultScenario, type Scenario, type ScenarioName, scenarioNamed } from './scenarios.ts';
import { SimClock } from './sim-clock.ts';
import { TruthLog } from './truth.ts';

export interface SimBenchOptions {
  readonly profile: BoardProfile;
  /** A built-in scenario by its name, or your own. Default: `crashed`. */
  readonly scenario?: ScenarioName | (string & {}) | Scenario;
  /** Default: virtual time. */
  readonly clock?: Clock;
  /** Path of the simulated adapter. */
  readonly port?: string;
  /** The target's ROM and silicon, instead of those that stand for the profile's target. */
  readonly personality?: RomPersonality | undefined;
  /** Other boards on the same host, instead of those of the scenario. */
  readonly neighbours?: readonly Neighbour[] | undefined;
  /** The operating system of the host. Default: Linux. */
  readonly host?: HostPlatform | undefined;
  /** Twelve bytes: the unique id of the profile's own target. */
  readonly uniqueId?: Uint8Array | undefined;
  /** Behaviour of the application, in addition to the scenario's faults. */
  readonly firmware?: FirmwareManner | undefined;
}

/** A bench without hardware, and the truth about it. */
export interface SimBench extends Bench {
  readonly scenario: Scenario;
  readonly truth: TruthLog;
  /** The profile's own board first. */
  readonly boards: readonly [SimBoard, ...SimBoard[]];
  readonly adapters: readonly SimAdapter[];
}

const adapterName = 'adapter';
/** How much longer than the hold time a slow adapter takes for one change, and its time without a capacitor. */
const slowness = 1.3;
const slowLatency = 250;
const usualLatency = 2;

/** An adapter that matches the profile's filter, or the second one: the same at another place. An FT232R if the filter allows it. */
function portInfo(
  { profile: { adapter } }: SimBenchOptions,
  scenario: Scenario,
  path: string,
  number: 1 | 2,
): PortInfo {
  const { vendorId = '0403', productId = '6001', serialNumber = `SIM0000${number}`, path: place = '1-1' } = adapter;
  return {
    path,
    vendorId,
    productId,
    ...(scenario.adapter?.withoutSerialNumber ? {} : { serialNumber }),
    manufacturer: 'bootctl',
    ...(number === 1 ? placeOf(place) : { usbPath: '1-5' }),
  };
}

function behaviourOf(
  { profile, personality }: Pick<SimBenchOptions, 'profile' | 'personality'>,
  scenario: Scenario,
  truth: TruthLog,
  host: HostManner,
): AdapterBehaviour {
  const circuit = () => circuitOf(profile, scenario, romOf({ profile, scenario, personality }).id);
  const { refusesOpen, linesUnsupported, lostInReset, slowResets, opensQuietly, noisyAbove, noParity } =
    scenario.adapter ?? {};
  const latency = () => {
    const resets = truth.of('boot0-sampled').filter(({ board }) => board === 'target').length;
    if (resets >= (slowResets ?? 0)) return usualLatency;
    return Math.max(slowLatency, slowness * holdTimeOf(circuit()));
  };
  const losesItself = (lines: ModemLines) => lostInReset === true && pinsOf(profile.wiring, lines).nrst === 0;
  return {
    latency,
    losesItself,
    ...(refusesOpen ? { refusesOpen } : {}),
    ...(linesUnsupported ? { linesUnsupported } : {}),
    movesRtsFirst: host.movesRtsFirst,
    ...(opensQuietly || host.opensQuietly ? { openGlitch: 0 } : {}),
    ...(noisyAbove === undefined ? {} : { noisyAbove }),
    ...(noParity === undefined ? {} : { noParity }),
  };
}

const busOf = (scenario: Scenario, { keepsOrder }: HostManner, clock: Clock): SimUsbBus =>
  new SimUsbBus(clock, {
    denied: scenario.usbDenied ?? false,
    keepsOrder,
    resetsPorts: !scenario.cannotResetPorts,
    hidden: scenario.hiddenFromHost ?? '',
  });

/** The adapters, and the virtual COM ports of targets that bring one. */
const serialPorts = (adapters: SerialPorts, cdc: SerialPorts): SerialPorts => ({
  list: async () => [...(await adapters.list()), ...(await cdc.list())],
  open: async (path, format) => {
    const isCdc = (await cdc.list()).some((port) => port.path === path);
    return (isCdc ? cdc : adapters).open(path, format);
  },
});

/** Wires that end nowhere. */
const unconnected: AdapterWires = {
  adapter: 'other adapter',
  setLines: () => {},
  transmit: () => {},
  onReceive: () => () => {},
};

/** GPIO, programs and hub ports of the host, where lines or power of the board are theirs. */
function hostDoors(
  { profile: { hostLines, powerCycle } }: SimBenchOptions,
  { gpio = {}, commands = {}, hubSwitching }: Scenario,
  parts: Omit<SimCommandsSetup, 'hostLines' | 'powerCycle' | 'faults'>,
): Pick<Bench, 'gpio' | 'commands' | 'hubPorts'> {
  if (!hostLines && !powerCycle) return {};
  return {
    ...(hostLines ? { gpio: simGpioChips({ ...parts, hostLines, faults: gpio }) } : {}),
    commands: simCommands({ ...parts, hostLines, powerCycle, faults: commands }),
    hubPorts: simHubPorts({ ...parts, ...(hubSwitching ? { switching: hubSwitching } : {}) }),
  };
}

/**
 * A bench made from the user's own profile (wiring, RC values, target and application) and one scenario.
 * @throws BootctlError `scenario-unknown`, or `usage` if the profile lacks the part that the scenario breaks
 */
export function createSimBench(options: SimBenchOptions): SimBench {
  const { profile, clock = new SimClock(), host = 'linux' } = options;
  const manner = hostManners[host];
  const { port = manner.port } = options;
  const wanted = options.scenario ?? defaultScenario;
  const named = typeof wanted === 'string' ? scenarioNamed(wanted) : wanted;
  const { firmware, neighbours, personality, uniqueId } = options;
  const scenario = { ...named, ...(firmware ? { firmware } : {}), ...(neighbours ? { neighbours } : {}) };
  const truth = new TruthLog(clock);
  const usb = busOf(scenario, manner, clock);
  const socketFor = (path: string, board: string) => usb.socket(path, (event) => truth.add(board, event));
  const boards = buildBoards({ profile, scenario, clock, truth, socketFor, personality, uniqueId });
  const { hostLines = {} } = profile;
  const mix = new LineMix(adapterWires(boards, adapterName), Object.keys(hostLines) as (keyof ModemLines)[]);
  const first = new SimAdapter(
    clock,
    portInfo(options, scenario, port, 1),
    mix.adapterWires(),
    behaviourOf(options, scenario, truth, manner),
  );
  const second = new SimAdapter(clock, portInfo(options, scenario, `${port}-2`, 2), unconnected);
  const others = (scenario.otherPorts ?? []).map((info) => new SimAdapter(clock, info, unconnected));
  const adapters = [...[first, second].slice(0, scenario.adapter?.count ?? 1), ...others];
  return {
    clock,
    serial: serialPorts(
      simSerialPorts(adapters),
      cdcPorts(clock, () => usb.listed()),
    ),
    ...hostDoors(options, scenario, { clock, truth, mix, board: boards[0].board }),
    usb: manner.tellsStrings ? usb : withoutStrings(usb),
    scenario,
    truth,
    boards,
    adapters,
    [Symbol.asyncDispose]: async () => {
      for (const { board } of boards) board.powerOff();
    },
  };
}
