import type { Bench } from '../../src/bench/bench.ts';
import type { CharacterFormat, LineState, SerialLink } from '../../src/bench/serial-link.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { withNetworkPorts } from '../../src/host/network/network-ports.ts';
import { systemClock } from '../../src/host/system/system-clock.ts';
import type { Scenario } from '../../src/sim/scenarios.ts';
import { createSimBench, type SimBench } from '../../src/sim/sim-bench.ts';
import { rfc2217Server, type ServerManner, type TestServer } from './rfc2217-server.ts';

export interface NetworkBench extends AsyncDisposable {
  readonly bench: Bench;
  readonly sim: SimBench;
  readonly server: TestServer;
}

export interface NetworkSetup {
  readonly scenario: string | Scenario;
  /** What the server's port is set to at first. */
  readonly format?: CharacterFormat;
}

const later =
  (delay: number | undefined, send: (bytes: Uint8Array) => void) =>
  (bytes: Uint8Array): void => {
    if (delay === undefined) send(bytes);
    else setTimeout(() => send(bytes), delay);
  };

/** Pumps what a port receives to the client, until the port is closed. */
async function pump(link: SerialLink, send: (bytes: Uint8Array) => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const bytes = await link.receive(1_000, signal).catch(() => undefined);
    if (!bytes) return;
    if (bytes.length > 0) send(bytes);
  }
}

/**
 * A simulated board whose adapter hangs on a server of the network, in real time: the job is here, and so is the target's
 * USB; the adapter is reached over TCP only. Each line is moved by itself, as a server does it.
 */
export async function networkBench(
  profile: BoardProfile,
  { scenario, format, ...manner }: ServerManner & NetworkSetup,
): Promise<NetworkBench> {
  const sim = createSimBench({ profile, scenario, clock: systemClock });
  const [port] = await sim.serial.list();
  if (!port) throw new Error('this bench has no adapter');
  const link = await sim.serial.open(port.path, format ?? { baudRate: 9600, parity: 'none' });
  const lines: { rts: LineState; dtr: LineState } = { rts: 'released', dtr: 'released' };
  const closing = new AbortController();
  const server = await rfc2217Server({
    ...manner,
    onLine: async (line, asserted) => {
      lines[line] = asserted ? 'asserted' : 'released';
      await link.setLines({ ...lines });
    },
    onData: later(manner.dataDelay, (bytes) => void link.write(bytes)),
    onFormat: ({ baudRate, parity }) => link.configure({ baudRate, parity: parity === 3 ? 'even' : 'none' }),
  });
  void pump(link, later(manner.dataDelay, server.send), closing.signal);
  return {
    bench: {
      clock: systemClock,
      usb: sim.usb,
      serial: withNetworkPorts(sim.serial),
      [Symbol.asyncDispose]: async () => {},
    },
    sim,
    server,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await server[Symbol.asyncDispose]();
      await link[Symbol.asyncDispose]();
      await sim[Symbol.asyncDispose]();
    },
  };
}
