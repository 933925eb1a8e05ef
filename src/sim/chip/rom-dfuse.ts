import { dfuStatus, dfuseCommand, firstDataBlock } from '../../protocol/dfu/constants.ts';
import type { RecordTruth } from './flash-memory.ts';
import { type DfuStatus, type Execution, execution, noOperation } from './rom-execution.ts';
import type { TargetMemory } from './target-memory.ts';

const failure = (outcome: DfuStatus): Execution => execution('pointer', noOperation, { outcome });
const addressOf = (command: Uint8Array): number =>
  new DataView(command.buffer, command.byteOffset + 1, 4).getUint32(0, true);

/** The DfuSe commands and data blocks of AN3156 §4, with the address pointer. */
export class DfuseCommands {
  readonly #memory: TargetMemory;
  readonly #record: RecordTruth;
  #isWedged = false;
  /** Address pointer; its default is the start of the flash (AN3156, Leave DFU). */
  pointer: number;

  constructor(memory: TargetMemory, record: RecordTruth) {
    this.#memory = memory;
    this.#record = record;
    this.pointer = memory.flash.address;
  }

  /** The event that ends a state in which only GETSTATUS is answered. */
  get wedgedUntil(): 'usb-reset' | 'reset' | undefined {
    const until = this.#memory.personality.dfu.wedge?.until;
    return this.#isWedged && until !== 'clear-status' ? until : undefined;
  }

  unwedge(): void {
    this.#isWedged = false;
  }

  /** A DNLOAD with data. It takes effect only with its GETSTATUS. */
  prepare(block: number, data: Uint8Array): Execution {
    return block === 0 ? this.#command(data) : this.#program(this.#addressOfBlock(block, data.length), data);
  }

  /** The bytes of an UPLOAD of data, fewer at the end of a memory. Otherwise the refusal, or the crash of the ROM. */
  upload(block: number, length: number): Uint8Array | DfuStatus | 'hangs' | 'resets' {
    if (this.#memory.readoutProtected) return dfuStatus.errVENDOR;
    const address = this.#addressOfBlock(block, length);
    if (this.#memory.isTorn(address, length)) {
      const { tornRead = 'hangs' } = this.#memory.personality;
      this.#record({ what: 'fault', name: 'torn flash read' });
      if (tornRead === 'refuses-as-protected') return dfuStatus.errVENDOR;
      return tornRead === 'refuses' ? dfuStatus.errUNKNOWN : tornRead;
    }
    return this.#memory.contains(address) ? this.#memory.read(address, length) : dfuStatus.errTARGET;
  }

  /** The ROM uses the length of this request as wTransferSize (AN3156 §4; hardware/QUIRKS.md Q28). */
  #addressOfBlock(block: number, length: number): number {
    if (this.#memory.personality.dfu.ignoresBlockNumber) return this.pointer;
    return this.pointer + (block - firstDataBlock) * length;
  }

  #command(data: Uint8Array): Execution {
    const [opcode] = data;
    const isPlain = data.length === 1;
    const hasAddress = data.length === 5;
    if (opcode === dfuseCommand.getCommands && isPlain) return execution('pointer', noOperation);
    if (opcode === dfuseCommand.setAddressPointer && hasAddress) return this.#setPointer(addressOf(data));
    if (opcode === dfuseCommand.erase && hasAddress) return this.#erase(addressOf(data));
    if (opcode === dfuseCommand.erase && isPlain) return this.#massErase();
    if (opcode === dfuseCommand.readUnprotect && isPlain && this.#knows(opcode)) return this.#readUnprotect();
    return failure(dfuStatus.errSTALLEDPKT); // AN2662 figure 55: unsupported command
  }

  #knows(opcode: number): boolean {
    return this.#memory.personality.dfu.commands.includes(opcode);
  }

  #setPointer(address: number): Execution {
    if (this.#memory.readoutProtected) return failure(dfuStatus.errVENDOR);
    const { ignoresUnknownAddress } = this.#memory.personality.dfu;
    if (!this.#memory.contains(address))
      return ignoresUnknownAddress ? execution('pointer', noOperation) : failure(dfuStatus.errTARGET);
    const finish = () => {
      this.pointer = address;
    };
    return execution('pointer', { ...noOperation, finish });
  }

  #erase(address: number): Execution {
    if (this.#memory.readoutProtected) return failure(dfuStatus.errVENDOR);
    const sector = this.#memory.flash.sectorAt(address);
    if (!sector) return failure(dfuStatus.errTARGET);
    const { erasesNothingFrom = Number.POSITIVE_INFINITY, earlyErase, wedge } = this.#memory.personality.dfu;
    if (address >= erasesNothingFrom) {
      return execution('erase', { ...noOperation, duration: 1 });
    }
    const operation = this.#memory.flash.eraseSectors([sector], this.#record);
    if (earlyErase && address >= earlyErase.from) {
      return execution('erase', operation, { acknowledgedAfter: earlyErase.after });
    }
    if (sector.address !== wedge?.onErase) return execution('erase', operation);
    this.#isWedged = true;
    this.#record({ what: 'fault', name: 'wedged in dfuDNBUSY' });
    operation.finish();
    return execution('erase', { ...noOperation, duration: Number.POSITIVE_INFINITY });
  }

  #massErase(): Execution {
    if (this.#memory.readoutProtected) return failure(dfuStatus.errVENDOR);
    if (this.#memory.personality.dfu.ignoresMassErase) return execution('massErase', { ...noOperation, duration: 1 });
    return execution('massErase', this.#memory.massErase(this.#record));
  }

  /** Erases everything, lifts RDP and resets; on a part without RDP it only clears RAM (AN3156, Read Unprotect). */
  #readUnprotect(): Execution {
    const memory = this.#memory;
    const { readUnprotect } = memory.personality.dfu;
    if (readUnprotect === 'refused') return failure(dfuStatus.errSTALLEDPKT);
    if (!memory.readoutProtected) return execution('pointer', { ...noOperation, finish: () => memory.clearRam() });
    const operation = memory.flash.massErase(this.#record);
    const finish = () => {
      operation.finish();
      memory.clearRam();
      memory.readoutProtected = readUnprotect === 'waits-for-power';
    };
    return execution('massErase', { ...operation, finish }, { resets: true });
  }

  #program(address: number, data: Uint8Array): Execution {
    const memory = this.#memory;
    if (memory.readoutProtected) return failure(dfuStatus.errVENDOR);
    const isGarbled = memory.personality.dfu.garblesOddBlocks && data.length > 256 && data.length % 8 !== 0;
    if (isGarbled) this.#record({ what: 'fault', name: 'garbled block' });
    const arrived = isGarbled ? data.map((byte) => byte ^ 0x5a) : data;
    const operation = address % 4 === 0 ? memory.write(address, arrived, this.#record) : undefined;
    if (!operation) return failure(dfuStatus.errTARGET);
    const resets = memory.personality.dfu.optionWriteResets && memory.isOptionBytes(address);
    return execution('program', operation, { resets });
  }
}
