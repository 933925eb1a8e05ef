import { sleep } from '../../src/bench/clock.ts';
import type { CharacterFormat } from '../../src/bench/serial-link.ts';
import type { TargetContext } from '../../src/sim/board/target-program.ts';
import type { ControlReply, UsbFunction } from '../../src/sim/board/usb-function.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { TruthLog } from '../../src/sim/truth.ts';

/** A core without a board around it: keeps what a program does to its surroundings. */
export function targetBench() {
  const clock = new SimClock();
  const truth = new TruthLog(clock);
  const sent: { bytes: Uint8Array; format: CharacterFormat }[] = [];
  const calls: string[] = [];
  let attached: UsbFunction | undefined;
  const context: TargetContext = {
    clock,
    socket: {
      path: '1-2',
      attach: (device) => {
        calls.push('attach');
        attached = device;
      },
      detach: () => {
        calls.push('detach');
        attached = undefined;
      },
    },
    record: (event) => truth.add('board', event),
    usartTransmit: (bytes, format) => {
      sent.push({ bytes, format });
    },
    jump: (address) => calls.push(`jump 0x${address.toString(16)}`),
    systemReset: () => calls.push('reset'),
    chargeBoot0: (isOn) => calls.push(isOn ? 'charge' : 'let go'),
  };
  return {
    clock,
    truth,
    context,
    sent,
    /** In order: `attach`, `detach`, `jump 0x…`, `reset`, `charge`, `let go`. */
    calls,
    get attached() {
      return attached;
    },
    wait: (ms: number) => sleep(clock, ms),
  };
}

export const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Hex with spaces, or `stall`. */
export const show = (reply: ControlReply): string =>
  reply === 'stall' ? reply : Buffer.from(reply).toString('hex').replace(/../g, '$& ').trim();

/** A control transfer given as its eight setup bytes (USB 2.0 §9.3) and its data. */
export async function transfer(device: UsbFunction, setup: string, data = ''): Promise<string> {
  const bytes = hex(setup);
  const view = new DataView(bytes.buffer);
  const word = (offset: number) => view.getUint16(offset, true);
  const packet = { requestType: bytes[0]!, request: bytes[1]!, value: word(2), index: word(4), length: word(6) };
  return show(await device.control(packet, hex(data)));
}
