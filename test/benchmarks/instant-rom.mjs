/*
 * A DFU device that answers at once, with the semantics of AN3156 and no physics: what a job on it costs is the
 * engine's own. It speaks as the ROM of an STM32F4, of any layout and transfer size.
 */

import { romPersonalities } from '../../dist/src/sim/chip/personalities.js';
import { describeRom } from '../../dist/src/sim/chip/rom-descriptors.js';
import { encodeDescriptors } from '../../dist/src/sim/chip/usb-descriptors.js';
import { SimClock } from '../../dist/src/sim/sim-clock.js';

export const flashStart = 0x0800_0000;
const transferSize = 2_048;
const request = { dnload: 1, upload: 2, getStatus: 3, clrStatus: 4, getState: 5, abort: 6 };
const state = { idle: 2, sync: 3, busy: 4, dnloadIdle: 5, uploadIdle: 9 };
const command = { setPointer: 0x21, erase: 0x41, readUnprotect: 0x92 };
const nothing = new Uint8Array(0);

/** `sectors` equal sectors of `size` bytes in all, with this content. */
export class InstantRom {
  info = {
    path: '1-2',
    instance: '1-2#7',
    vendorId: '0483',
    productId: 'df11',
    bcdDevice: '2200',
    serialNumber: 'STM32FxSTM32',
  };
  keepsOrder = true;
  transfers = 0;
  flash;
  #sectorSize;
  #descriptors;
  #state = state.idle;
  #pending = () => {};
  #pointer = flashStart;

  constructor(size, sectors, content = 0xff) {
    this.flash = new Uint8Array(size).fill(content);
    this.#sectorSize = size / sectors;
    const { F405 } = romPersonalities;
    const layout = `@Internal Flash  /0x08000000/${sectors}*${this.#sectorSize}Bg`;
    const dfu = { ...F405.dfu, alternates: [layout], transferSize };
    this.#descriptors = encodeDescriptors(describeRom({ ...F405, dfu }));
  }

  async claimInterface() {}
  async selectAlternate() {}
  async [Symbol.asyncDispose]() {}

  async controlIn({ requestType, request: what, value }, length) {
    this.transfers++;
    if ((requestType & 0x60) === 0) return this.#descriptor(value).slice(0, length);
    if (what === request.getState) return Uint8Array.of(this.#state);
    if (what === request.getStatus) return this.#status();
    if (what !== request.upload) throw new Error(`request ${what}`);
    if (value === 0) return Uint8Array.of(0, ...Object.values(command));
    this.#state = state.uploadIdle;
    const at = this.#pointer - flashStart + (value - 2) * length;
    return this.flash.slice(at, at + length);
  }

  async controlOut({ request: what, value }, data) {
    this.transfers++;
    if (what !== request.dnload) {
      this.#state = state.idle;
      return;
    }
    if (data.length === 0) throw new Error('this ROM does not leave');
    this.#pending = value === 0 ? this.#commanded(data) : () => this.#program(value, data);
    this.#state = state.sync;
  }

  /** DFU_GETSTATUS: the first one after DFU_DNLOAD starts the operation and answers dfuDNBUSY, the next one ends it. */
  #status() {
    if (this.#state === state.sync) {
      this.#pending();
      this.#state = state.busy;
    } else if (this.#state === state.busy) this.#state = state.dnloadIdle;
    return Uint8Array.of(0, 0, 0, 0, this.#state, 0);
  }

  #commanded(data) {
    const address = data.length === 5 ? Buffer.from(data).readUInt32LE(1) : undefined;
    if (data[0] === command.setPointer)
      return () => {
        this.#pointer = address;
      };
    if (data[0] !== command.erase) throw new Error(`command ${data[0]}`);
    if (address === undefined) return () => void this.flash.fill(0xff);
    const from = Math.floor((address - flashStart) / this.#sectorSize) * this.#sectorSize;
    return () => void this.flash.fill(0xff, from, from + this.#sectorSize);
  }

  #program(number, data) {
    const at = this.#pointer - flashStart + (number - 2) * data.length;
    for (let index = 0; index < data.length; index++) this.flash[at + index] &= data[index];
  }

  #descriptor(value) {
    const { device, configuration, strings } = this.#descriptors;
    return { 1: device, 2: configuration }[value >> 8] ?? strings[value & 0xff] ?? nothing;
  }
}

/** A host with this device only. Its time is virtual. */
export const instantBench = (rom) => ({
  clock: new SimClock(),
  serial: { list: async () => [], open: () => Promise.reject(new Error('no port')) },
  usb: { list: async () => [rom.info], onChange: () => () => {}, open: async () => rom },
  [Symbol.asyncDispose]: async () => {},
});
