import type { CharacterFormat } from '../../bench/serial-link.ts';
import type { TargetContext, TargetProgram } from '../board/target-program.ts';
import type { RomDfuOptions } from './rom-dfu.ts';
import { RomDfu } from './rom-dfu.ts';
import { RomUsart } from './rom-usart.ts';
import type { TargetMemory } from './target-memory.ts';
import { Timers } from './timers.ts';
import { type UsbFault, unreadable } from './unreadable.ts';

export interface RomOptions {
  /** False: no crystal, so that it never shows up on USB (hardware/QUIRKS.md Q5); or it shows up and cannot be read. */
  readonly usb?: boolean | UsbFault;
  /** False: no USART of the ROM reaches the outside. */
  readonly usart?: boolean;
  /** DFU state of the first start only: a target that is in DFU mode when the bench starts. */
  readonly initialState?: RomDfuOptions['initialState'];
}

/** The ROM bootloader: the first interface that moves has it, the others go deaf until a reset (AN2606). */
export class RomBootloader implements TargetProgram {
  readonly name: string;
  readonly #memory: TargetMemory;
  readonly #options: RomOptions;
  #isFirstStart = true;
  #session: RomSession | undefined;

  constructor(memory: TargetMemory, options: RomOptions = {}) {
    this.name = `ROM of ${memory.personality.id}`;
    this.#memory = memory;
    this.#options = options;
  }

  start(context: TargetContext): void {
    this.stop();
    const { initialState = 'dfuIDLE' } = this.#isFirstStart ? this.#options : {};
    this.#isFirstStart = false;
    this.#session = new RomSession(this.#memory, { ...this.#options, initialState }, context);
  }

  stop(): void {
    this.#session?.stop();
    this.#session = undefined;
  }

  usartReceive(bytes: Uint8Array, format: CharacterFormat): void {
    this.#session?.receive(bytes, format);
  }

  otherInterfaceReceive(): void {
    this.#session?.receiveElsewhere();
  }
}

/** One run of the ROM, from a reset or a jump to the next reset. */
class RomSession {
  readonly #context: TargetContext;
  readonly #memory: TargetMemory;
  readonly #timers: Timers;
  readonly #dfu: RomDfu;
  readonly #usart: RomUsart;
  readonly #usb: RomOptions['usb'];
  #selected: 'usb' | 'usart' | 'another' | undefined;
  #isListening = false;
  #isAttached = false;

  constructor(memory: TargetMemory, options: RomOptions & Pick<RomDfuOptions, 'initialState'>, context: TargetContext) {
    const { clock } = context;
    const record = context.record.bind(context);
    this.#context = context;
    this.#memory = memory;
    this.#timers = new Timers(clock);
    this.#usb = options.usb;
    const events = {
      selected: () => this.#select('usb'),
      leave: (address: number) => this.#leave(address),
      reset: () => this.#reset(),
    };
    this.#dfu = new RomDfu({ memory, clock, record, events, initialState: options.initialState });
    this.#usart = new RomUsart({
      memory,
      clock,
      record,
      transmit: context.usartTransmit.bind(context),
      go: (address) => this.#jump(address),
      reset: () => this.#reset(),
    });
    const { startup, usbConnection } = memory.personality;
    if (options.usart !== false) this.#timers.after(startup, () => this.#listen());
    if (options.usb !== false && Number.isFinite(usbConnection))
      this.#timers.after(Math.max(startup, usbConnection), () => this.#attach());
  }

  receive(bytes: Uint8Array, format: CharacterFormat): void {
    if (!this.#isListening || bytes.length === 0) return;
    this.#select('usart');
    if (this.#selected === 'usart') this.#usart.receive(bytes, format);
  }

  /** What comes there is no bootloader's protocol: it only takes the ROM away from the others. */
  receiveElsewhere(): void {
    if (this.#isListening) this.#select('another');
  }

  stop(): void {
    this.#timers.clear();
    this.#dfu.stop();
    this.#usart.stop();
    this.#detach();
  }

  #listen(): void {
    this.#isListening = true;
  }

  #select(wanted: 'usb' | 'usart' | 'another'): void {
    if (this.#selected) return;
    this.#selected = wanted;
    this.#context.record({ what: 'rom-interface', selected: wanted });
    if (wanted !== 'usb') this.#detach();
  }

  #attach(): void {
    if (this.#selected) return;
    this.#isAttached = true;
    const { socket } = this.#context;
    if (typeof this.#usb !== 'string') {
      socket.attach(this.#dfu);
      return;
    }
    this.#context.record({ what: 'fault', name: `usb-${this.#usb}` });
    socket.attach(unreadable(this.#dfu, this.#usb));
  }

  #detach(): void {
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#context.socket.detach();
  }

  /** Without code at the address pointer the leave ends in a reset (AN3156, Leave DFU). */
  #leave(address: number): void {
    if (this.#memory.hasStackPointer(address)) this.#jump(address);
    else this.#reset();
  }

  #jump(address: number): void {
    this.stop();
    this.#context.record({ what: 'left', address });
    this.#context.jump(address);
  }

  #reset(): void {
    this.stop();
    this.#context.systemReset();
  }
}
