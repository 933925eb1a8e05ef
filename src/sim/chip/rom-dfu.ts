import type { Clock } from '../../bench/clock.ts';
import { dfuRequest, dfuRequestType, dfuState, dfuStatus, firstDataBlock } from '../../protocol/dfu/constants.ts';
import type { ControlReply, SetupPacket, UsbFunction } from '../board/usb-function.ts';
import type { RecordTruth } from './flash-memory.ts';
import { describeRom, functionalDescriptor } from './rom-descriptors.ts';
import { DfuseCommands } from './rom-dfuse.ts';
import { announcedTime, type DfuStatus, type Execution, ExecutionRunner } from './rom-execution.ts';
import type { RomPersonality } from './rom-personality.ts';
import { isStandardRequest, StandardRequests } from './standard-requests.ts';
import type { TargetMemory } from './target-memory.ts';
import { Timers } from './timers.ts';

/** Callbacks of the DFU side into the ROM. */
export interface RomDfuEvents {
  /** The host configured the device or sent a DFU request. */
  selected(): void;
  /** Leave (AN3156): off the bus, then on to the code at `address`. */
  leave(address: number): void;
  /** Off the bus, then a system reset. */
  reset(): void;
}

export interface RomDfuOptions {
  readonly memory: TargetMemory;
  readonly clock: Clock;
  readonly record: RecordTruth;
  readonly events: RomDfuEvents;
  /** dfuIDLE, or the state that an earlier host left. */
  readonly initialState: 'dfuIDLE' | 'dfuDNLOAD_IDLE' | 'dfuUPLOAD_IDLE' | 'dfuERROR';
}

type State = (typeof dfuState)[keyof typeof dfuState];

const done = new Uint8Array();
/** Bytes of a packet on endpoint 0. */
const packet = 64;
const silence = () => new Promise<never>(() => {});

/** USB function of the ROM: DFU 1.1 with the DfuSe extension of AN3156. */
export class RomDfu implements UsbFunction {
  readonly name: string;
  readonly deviceDescriptor: Uint8Array;
  readonly configurationDescriptor: Uint8Array;
  readonly #options: RomDfuOptions;
  readonly #personality: RomPersonality;
  readonly #standard: StandardRequests;
  readonly #timers: Timers;
  readonly #runner: ExecutionRunner;
  readonly #commands: DfuseCommands;
  #state: State;
  #status: DfuStatus = dfuStatus.OK;
  readonly #asked = new Set<string>();
  /** Prepared by a DNLOAD, started by its GETSTATUS. */
  #execution: Execution | undefined;
  /** A fault handler that never returns. The pull-up stays, and the ROM does not answer until NRST. */
  #isHung = false;

  constructor(options: RomDfuOptions) {
    const personality = options.memory.personality;
    this.name = personality.dfu.product;
    this.#options = options;
    this.#personality = personality;
    this.#standard = new StandardRequests(describeRom(personality), () => options.events.selected());
    this.deviceDescriptor = this.#standard.descriptors.device;
    this.configurationDescriptor = this.#standard.descriptors.configuration;
    this.#timers = new Timers(options.clock);
    this.#runner = new ExecutionRunner(options.clock, this.#timers, () => options.events.reset());
    this.#commands = new DfuseCommands(options.memory, options.record);
    this.#state = dfuState[options.initialState];
    if (this.#state === dfuState.dfuERROR) this.#status = dfuStatus.errUNKNOWN;
  }

  async control(setup: SetupPacket, data: Uint8Array): Promise<ControlReply> {
    if (this.#isHung) return silence();
    if (isStandardRequest(setup)) return this.#standardRequest(setup);
    const isIn = (setup.requestType & 0x80) !== 0;
    if (setup.requestType !== (isIn ? dfuRequestType.in : dfuRequestType.out) || setup.index !== 0) return 'stall';
    this.#options.events.selected();
    this.#noteRequest(setup.request);
    return isIn ? this.#classIn(setup) : this.#classOut(setup, data);
  }

  #noteRequest(request: number): void {
    const name = Object.entries(dfuRequest).find(([, code]) => code === request)?.[0] ?? `request ${request}`;
    if (this.#asked.has(name)) return;
    this.#asked.add(name);
    this.#options.record({ what: 'dfu-request', request: name });
  }

  /** Power loss or reset stops it and interrupts a running operation. */
  stop(): void {
    this.#timers.clear();
    this.#runner.cut();
  }

  /**
   * A USB reset ends a running operation, unless the core hangs (our choice; DFU 1.1 would return to the application).
   */
  busReset(): void {
    if (this.#isHung || this.#commands.wedgedUntil === 'reset') return;
    this.#commands.unwedge();
    this.#runner.cut();
    this.#execution = undefined;
    this.#state = dfuState.dfuIDLE;
    this.#status = dfuStatus.OK;
  }

  #standardRequest(setup: SetupPacket): ControlReply | Promise<ControlReply> {
    const isFunctional = setup.requestType === 0x81 && setup.request === 6 && setup.value >> 8 === 0x21;
    if (!isFunctional) return this.#standard.handle(setup);
    if (this.#personality.dfu.hangsOnFunctionalDescriptor) return silence();
    return functionalDescriptor(this.#personality.dfu.transferSize).subarray(0, setup.length);
  }

  #classIn(setup: SetupPacket): ControlReply | Promise<ControlReply> {
    if (setup.request === dfuRequest.GETSTATUS) return this.#getStatus();
    if (this.#commands.wedgedUntil) return 'stall';
    if (setup.request === dfuRequest.GETSTATE) return Uint8Array.of(this.#state);
    return setup.request === dfuRequest.UPLOAD ? this.#upload(setup) : this.#refuse();
  }

  #classOut(setup: SetupPacket, data: Uint8Array): ControlReply | Promise<ControlReply> {
    if (this.#commands.wedgedUntil) return 'stall';
    if (setup.request === dfuRequest.DNLOAD && data.length > packet && this.#personality.dfu.losesLongBlocks)
      return 'garbled';
    if (setup.request === dfuRequest.DNLOAD) return this.#download(setup, data);
    if (setup.request === dfuRequest.CLRSTATUS) return this.#clearStatus();
    return setup.request === dfuRequest.ABORT ? this.#abort() : this.#refuse();
  }

  /** "Device stalls the control pipe", next state dfuERROR (DFU 1.1 A.2). */
  #refuse(status: DfuStatus = dfuStatus.errSTALLEDPKT): 'stall' {
    if (this.#state !== dfuState.dfuERROR) this.#status = status;
    this.#state = dfuState.dfuERROR;
    return 'stall';
  }

  #download(setup: SetupPacket, data: Uint8Array): ControlReply | Promise<ControlReply> {
    if (this.#state !== dfuState.dfuIDLE && this.#state !== dfuState.dfuDNLOAD_IDLE) return this.#refuse();
    if (data.length === 0) {
      this.#state = dfuState.dfuMANIFEST_SYNC;
      return this.#personality.dfu.leaveStatus === 'unasked' ? this.#startLeave() : done;
    }
    if (setup.value === 1 || data.length > this.#personality.dfu.transferSize) return this.#refuse();
    this.#execution = this.#commands.prepare(setup.value, data);
    this.#state = dfuState.dfuDNLOAD_SYNC;
    return done;
  }

  #upload({ value, length }: SetupPacket): ControlReply | Promise<ControlReply> {
    if (this.#state !== dfuState.dfuIDLE && this.#state !== dfuState.dfuUPLOAD_IDLE) return this.#refuse();
    if (value === 1 || length > this.#personality.dfu.transferSize) return this.#refuse();
    if (value < firstDataBlock) {
      this.#state = dfuState.dfuIDLE;
      return Uint8Array.from(this.#personality.dfu.commands).subarray(0, length);
    }
    const bytes = this.#commands.upload(value, length);
    if (bytes === 'hangs' || bytes === 'resets') return this.#fault(bytes);
    if (!(bytes instanceof Uint8Array)) return this.#refuse(bytes);
    this.#state = bytes.length < length ? dfuState.dfuIDLE : dfuState.dfuUPLOAD_IDLE; // A.2.10: a short frame ends it
    return bytes;
  }

  #fault(becomes: 'hangs' | 'resets'): Promise<never> {
    this.#isHung = true;
    if (becomes === 'resets') this.#timers.after(0, () => this.#options.events.reset());
    return silence();
  }

  #abort(): ControlReply {
    const { dfuIDLE, dfuDNLOAD_SYNC, dfuDNLOAD_IDLE, dfuMANIFEST_SYNC, dfuUPLOAD_IDLE } = dfuState;
    const allowed: readonly State[] = [dfuIDLE, dfuDNLOAD_SYNC, dfuDNLOAD_IDLE, dfuMANIFEST_SYNC, dfuUPLOAD_IDLE];
    if (!allowed.includes(this.#state)) return this.#refuse();
    this.#state = dfuIDLE;
    return done;
  }

  #clearStatus(): ControlReply {
    if (this.#state === dfuState.dfuERROR) {
      this.#state = dfuState.dfuIDLE;
      this.#status = dfuStatus.OK;
      return done;
    }
    if (this.#personality.dfu.clearStatusOutsideError === 'stall') return this.#refuse();
    this.#refuse(dfuStatus.errUNKNOWN); // taken, but it ends in dfuERROR (as betaflight-configurator usbdfu.js finds on H743)
    return done;
  }

  #getStatus(): ControlReply | Promise<ControlReply> {
    if (this.#state === dfuState.dfuDNLOAD_SYNC) return this.#startExecution();
    if (this.#state === dfuState.dfuDNBUSY) return this.#pollExecution();
    if (this.#state === dfuState.dfuMANIFEST_SYNC) return this.#startLeave();
    return this.#report(0);
  }

  #report(pollTimeout: number): Uint8Array {
    return Uint8Array.of(this.#status, pollTimeout, pollTimeout >> 8, pollTimeout >> 16, this.#state, 0);
  }

  /** The first GETSTATUS after a DNLOAD executes it (AN3156 §4). */
  #startExecution(): ControlReply | Promise<ControlReply> {
    const execution = this.#execution!;
    this.#state = dfuState.dfuDNBUSY;
    this.#runner.start(execution);
    const busy = this.#report(announcedTime(execution, this.#personality.dfu));
    return this.#personality.dfu.getStatus === 'held' ? this.#runner.ended.then(() => busy) : busy;
  }

  #pollExecution(): ControlReply | Promise<ControlReply> {
    if (!this.#runner.isRunning) return this.#endExecution();
    switch (this.#personality.dfu.earlyPoll) {
      case 'stall':
        this.#options.record({ what: 'fault', name: 'polled while busy' });
        return 'stall';
      case 'error':
        this.#runner.cut(); // a clone that aborts its operation when it is polled during it
        this.#refuse(dfuStatus.errUNKNOWN);
        return this.#report(0);
      case 'busy-again':
        return this.#report(announcedTime(this.#execution!, this.#personality.dfu));
      case 'held':
        return this.#runner.ended.then(() => this.#endExecution());
    }
  }

  #endExecution(): Uint8Array {
    if (this.#state === dfuState.dfuDNBUSY && this.#execution) {
      this.#status = this.#execution.outcome;
      this.#state = this.#status === dfuStatus.OK ? dfuState.dfuDNLOAD_IDLE : dfuState.dfuERROR;
      this.#execution = undefined;
    }
    return this.#report(0);
  }

  #startLeave(): ControlReply | Promise<ControlReply> {
    this.#state = dfuState.dfuMANIFEST;
    const leave = () => this.#options.events.leave(this.#commands.pointer);
    if (this.#personality.dfu.leaveStatus !== 'answered') {
      this.#timers.after(0, leave);
      return silence();
    }
    this.#timers.after(1, leave); // time for the status stage
    return this.#report(0);
  }
}
