import { BootctlError } from '../../base/errors.ts';
import type { Clock } from '../../bench/clock.ts';
import type { BoardProfile } from '../../board/profile.ts';
import { adapterChips } from '../adapters/adapters.ts';
import { UsbAdapter } from '../adapters/usb-adapter.ts';
import { adapterWires, buildBoards, type SimBoard } from '../board/sim-boards.ts';
import { scenarioNamed } from '../scenarios.ts';
import { TruthLog } from '../truth.ts';
import { UsbipSocket } from './usbip-socket.ts';
import { type VhciPort, vhciPorts } from './vhci.ts';

export interface KernelBenchOptions {
  readonly profile: BoardProfile;
  readonly scenario: string;
  /** Id of the adapter's chip: `ft232r`, `cp2102`, … */
  readonly chip: string;
  readonly clock: Clock;
}

/** A simulated board and its adapter, as USB devices of this Linux. Disposing it pulls both cables. */
export interface KernelBench extends AsyncDisposable {
  readonly truth: TruthLog;
  readonly boards: readonly [SimBoard, ...SimBoard[]];
  readonly adapterPath: string;
  readonly targetPath: string;
}

/**
 * Plugs the board that a profile describes into the local kernel, by USB/IP (module vhci_hcd).
 * @throws BootctlError `kernel-bench-unavailable`, `scenario-unknown`, `usage` for an unknown chip
 */
export async function attachKernelBench({
  profile,
  scenario: name,
  chip: id,
  clock,
}: KernelBenchOptions): Promise<KernelBench> {
  const chip = adapterChips[id];
  if (!chip) throw new BootctlError('usage', `No adapter ${id}; there are ${Object.keys(adapterChips).join(', ')}`);
  const scenario = scenarioNamed(name);
  const truth = new TruthLog(clock);
  const sockets: UsbipSocket[] = [];
  const socketFor = (_path: string, board: string): UsbipSocket => {
    const socket = new UsbipSocket(freePort(sockets).number, clock, (event) => truth.add(board, event));
    sockets.push(socket);
    return socket;
  };
  const boards = buildBoards({ profile, scenario, clock, truth, socketFor });
  const adapter = socketFor('', 'adapter');
  adapter.attach(
    new UsbAdapter(chip, profile.adapter.serialNumber ?? 'SIM00001', adapterWires(boards, 'adapter'), clock),
  );
  await Promise.all(sockets.map((socket) => socket.settled()));
  return {
    truth,
    boards,
    adapterPath: adapter.path,
    targetPath: sockets[0]!.path,
    [Symbol.asyncDispose]: async () => {
      for (const { board } of boards) board.powerOff();
      for (const socket of sockets) socket.detach();
      await Promise.all(sockets.map((socket) => socket.settled()));
    },
  };
}

function freePort(taken: readonly UsbipSocket[]): VhciPort {
  const numbers = new Set(taken.map(({ port }) => port));
  const free = ports().find(({ hub, number, state }) => hub === 'hs' && state === 'free' && !numbers.has(number));
  if (!free) throw new BootctlError('kernel-bench-unavailable', 'All ports of vhci_hcd are in use');
  return free;
}

function ports(): readonly VhciPort[] {
  try {
    return vhciPorts();
  } catch (cause) {
    throw new BootctlError('kernel-bench-unavailable', 'This Linux has no virtual USB host controller (vhci_hcd)', {
      cause,
    });
  }
}
