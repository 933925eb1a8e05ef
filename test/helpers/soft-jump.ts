import type { CharacterFormat, PortInfo, SerialPorts } from '../../src/bench/serial-link.ts';
import type { UsbBus, UsbDeviceInfo } from '../../src/bench/usb-bus.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import type { SoftJump } from '../../src/board/soft-jump.ts';
import type { Asked, SoftJumpContext } from '../../src/ops/soft-jump/trigger.ts';
import { askApplication } from '../../src/ops/soft-jump/triggers.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { referenceBoard } from './circuits.ts';
import { type LinkAnswer, ScriptedLink } from './scripted-link.ts';
import type { ScriptedUsb } from './scripted-usb.ts';

/** The application's own port. */
export const targetPort: PortInfo = { path: '/dev/ttyACM0', vendorId: '0483', productId: '5740', usbPath: '1-2' };

export interface SoftJumpBenchOptions {
  readonly answers?: readonly LinkAnswer[];
  readonly ports?: readonly PortInfo[];
  readonly profile?: Partial<BoardProfile>;
  readonly usb?: ScriptedUsb;
  /** What the bus lists, the first time and after. */
  readonly listed?: readonly (readonly UsbDeviceInfo[])[];
  readonly opening?: () => Promise<never>;
  readonly signal?: AbortSignal;
}

/** A bench of doubles: one link, which is the adapter or the target's port, whichever the trigger wants. */
export function softJumpBench(options: SoftJumpBenchOptions = {}) {
  const clock = new SimClock();
  const { ports = [targetPort], listed = [[]], usb, opening, signal } = options;
  const link = new ScriptedLink(clock, options.answers ?? [], ports[0]?.path ?? targetPort.path);
  const adapter = new ScriptedLink(clock, options.answers ?? [], '/dev/ttyUSB0');
  const opened: string[] = [];
  const lists = [...listed];
  const serial: SerialPorts = {
    list: async () => ports,
    open: async (path: string, { baudRate, parity }: CharacterFormat) => {
      opened.push(`${path} ${baudRate} ${parity}`);
      return opening ? opening() : link;
    },
  };
  const bus: UsbBus = {
    list: async () => (lists.length > 1 ? lists.shift()! : lists[0]!),
    onChange: () => () => {},
    open: async () => usb!,
  };
  const context: SoftJumpContext = {
    profile: referenceBoard(options.profile),
    bench: { clock, serial, usb: bus, [Symbol.asyncDispose]: async () => {} },
    adapter,
    signal,
  };
  return {
    clock,
    link,
    adapter,
    opened,
    ask: (jump: SoftJump): Promise<Asked> => askApplication(jump, context),
    context,
  };
}

export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (error) => error,
  );
