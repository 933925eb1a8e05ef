import type { CharacterFormat } from '../../io/serial-link.ts';
import type { Milliseconds } from '../../units.ts';
import type { TargetContext, TargetProgram } from '../target-program.ts';
import { CommandLine } from './command-line.ts';
import { MicropythonRepl } from './micropython-repl.ts';
import type { TargetMemory } from './target-memory.ts';
import { Timers } from './timers.ts';
import { type CdcFirmware, CdcFunction, type CdcIdentity } from './usb-cdc.ts';

export interface ApplicationOptions {
  /** The application's jump into the ROM, without a reset. */
  toRom(): void;
}

/** Firmware starts its peripherals about this long after reset: clocks, RTOS, USB stack (ours). */
const startup: Milliseconds = 100;
const greeting = 'ready\r\n';
const usartFormat = { baudRate: 115_200, parity: 'none' } as const satisfies CharacterFormat;

/** A hard fault at once, for ever: no USB, no USART. */
export const crashed = (): TargetProgram => ({
  name: 'crashed',
  start: (context) => context.record({ what: 'application', state: 'crashed' }),
  stop: () => {},
});

/** What an application sets up each time it starts; anything it returns handles USART input. */
type Firmware = (context: TargetContext, timers: Timers) => TargetProgram['usartReceive'] | undefined;

/** A program that runs `firmware` afresh after each reset. */
function application(name: string, firmware: Firmware): TargetProgram {
  let timers: Timers | undefined;
  let receive: TargetProgram['usartReceive'] | undefined;
  const stop = () => {
    timers?.clear();
    receive = undefined;
  };
  return {
    name,
    start: (context) => {
      stop();
      timers = new Timers(context.clock);
      context.record({ what: 'application', state: 'running' });
      receive = firmware(context, timers);
    },
    stop,
    usartReceive: (bytes, format) => receive?.(bytes, format),
  };
}

/** Puts a CDC device on the bus after start-up; the board takes it off when the program ends. */
function serveCdc(context: TargetContext, timers: Timers, identity: CdcIdentity, firmware: CdcFirmware): CdcFunction {
  const cdc = new CdcFunction(identity, firmware);
  timers.after(startup, () => context.socket.attach(cdc));
  return cdc;
}

/** ST's USB virtual COM port; 1200-baud touch and the text command `bootloader` enter the ROM. */
export const usbCdc = ({ toRom }: ApplicationOptions): TargetProgram =>
  application('usb-cdc', (context, timers) => {
    const identity = {
      vendorId: 0x0483,
      productId: 0x5740,
      manufacturer: 'STMicroelectronics',
      product: 'STM32 Virtual ComPort',
      serialNumber: '00000000001A',
    };
    const enterRom = () => leaveBus(context, timers, toRom);
    const commands = new CommandLine((line) => line === 'bootloader' && enterRom());
    const cdc = serveCdc(context, timers, identity, {
      opened: () => cdc.send(greeting),
      closed: (baudRate) => baudRate === 1200 && enterRom(),
      received: (bytes) => commands.push(bytes),
    });
    return undefined;
  });

/** Firmware that speaks only on the USART, 115200 8N1; the text command `bootloader` enters the ROM. */
export const uartOnly = ({ toRom }: ApplicationOptions): TargetProgram =>
  application('uart-only', (context, timers) => {
    const commands = new CommandLine((line) => line === 'bootloader' && timers.after(1, toRom));
    let isUp = false;
    timers.after(startup, () => {
      isUp = true;
      context.usartTransmit(new TextEncoder().encode(greeting), usartFormat);
    });
    return (bytes, format) => {
      if (isUp && format.baudRate === usartFormat.baudRate && format.parity === 'none') commands.push(bytes);
    };
  });

/** MicroPython with its REPL on USB. */
export const micropython = ({ toRom, busy = false }: ApplicationOptions & { readonly busy?: boolean }): TargetProgram =>
  application('micropython', (context, timers) => {
    const identity = {
      vendorId: 0xf055,
      productId: 0x9800,
      manufacturer: 'MicroPython',
      product: 'Pyboard Virtual Comm Port in FS Mode',
      serialNumber: '206D33A95650',
    };
    const repl = new MicropythonRepl({
      busy,
      send: (text) => cdc.send(text),
      toRom: () => leaveBus(context, timers, toRom),
    });
    const cdc = serveCdc(context, timers, identity, {
      opened: () => {},
      closed: () => {},
      received: (bytes) => repl.push(bytes),
    });
    return undefined;
  });

/** The host still gets the answer to its last request; then the pull-up goes, and the ROM starts. */
function leaveBus(context: TargetContext, timers: Timers, toRom: () => void): void {
  timers.after(2, () => {
    context.socket.detach();
    toRom();
  });
}

/** Decides which program an image is, once its vector table has been found plausible. */
export type ApplicationChoice = (memory: TargetMemory, address: number) => TargetProgram;

/**
 * What the core runs from the vector table at `address`: the chosen program, or `crashed` where the flash holds no
 * plausible vector table (SP in RAM, reset vector with the Thumb bit and inside flash).
 */
export function applicationFor(memory: TargetMemory, address: number, choose: ApplicationChoice): TargetProgram {
  const reset = memory.flash.word(address + 4);
  const isRunnable = memory.hasStackPointer(address) && (reset & 1) === 1 && memory.flash.contains(reset - 1);
  return isRunnable ? choose(memory, address) : crashed();
}
