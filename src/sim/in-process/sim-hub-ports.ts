import { BootctlError } from '../../base/errors.ts';
import { type Clock, sleep } from '../../bench/clock.ts';
import { type HubPorts, type PowerSwitching, partsOfPort, whyNotSwitched } from '../../bench/hub-ports.ts';
import type { Board } from '../board/board.ts';
import type { TruthLog } from '../truth.ts';

export interface SimHubPortsSetup {
  readonly clock: Clock;
  readonly truth: TruthLog;
  /** The board that gets its power through the port. */
  readonly board: Board;
  readonly switching?: PowerSwitching;
}

/** The hub of a simulated host, which powers the board whichever of its ports is named. */
export function simHubPorts({ clock, truth, board, switching = 'each' }: SimHubPortsSetup): HubPorts {
  const check = async (port: string) => {
    const why = whyNotSwitched(partsOfPort(port).hub, switching);
    if (why !== undefined) throw new BootctlError('port-power-unavailable', `Port ${port}: ${why}`);
  };
  return {
    facts: async () => ({ switching, isSelfPowered: true, ownCurrent: 100 }),
    check,
    async cycle(port, off) {
      await check(port);
      truth.add('host', { what: 'port-power', port, isOn: false });
      board.powerOff();
      await sleep(clock, off);
      board.powerReturns();
      truth.add('host', { what: 'port-power', port, isOn: true });
    },
    restore: async () => {},
  };
}
