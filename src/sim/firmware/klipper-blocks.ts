import type { FirmwarePort, Listener } from './firmware-port.ts';

/** Message blocks of Klipper's console (docs/Protocol.md; src/command.c). */
const sync = 0x7e;
const lengths = { least: 5, most: 64 } as const;
const sequence = { mask: 0xf0, destination: 0x10 } as const;
/** Length, sequence number, CRC and sync of an empty block, the reply to a block that was not understood. */
const notAcknowledged = Uint8Array.of(0x05, 0x10, 0x9e, 0x81, sync);
/** It counts as a block of exactly these bytes, whose CRC is wrong (src/generic/serial_irq.c). */
const request = ' \x1c Request Serial Bootloader!! ~';

/** The console of Klipper without its commands: it understands only the request block. */
export class KlipperBlocks implements Listener {
  readonly #port: FirmwarePort;
  #buffer: number[] = [];
  #needsSync = false;
  #hasComplained = false;

  constructor(port: FirmwarePort) {
    this.#port = port;
  }

  push(bytes: Uint8Array): void {
    this.#buffer.push(...bytes);
    for (let length = this.#blockLength(); length > 0; length = this.#blockLength()) {
      const block = String.fromCharCode(...this.#buffer.splice(0, length));
      if (block === request) this.#port.toRomByReset(); // src/stm32/dfu_reboot.c
    }
  }

  /** Of the bytes to drop, none while more may complete a block. */
  #blockLength(): number {
    const [length = 0, number = 0] = this.#buffer;
    if (this.#buffer.length === 0) return 0;
    if (this.#needsSync) return this.#throughSync();
    if (this.#buffer.length < lengths.least) return 0;
    const isBlock =
      length >= lengths.least && length <= lengths.most && (number & sequence.mask) === sequence.destination;
    if (isBlock && this.#buffer.length < length) return 0;
    if (this.#buffer[0] === sync) return 1;
    return this.#throughSync();
  }

  #throughSync(): number {
    const at = this.#buffer.indexOf(sync);
    this.#needsSync = at < 0;
    if (!this.#hasComplained) this.#port.send(notAcknowledged);
    this.#hasComplained = true;
    return at < 0 ? this.#buffer.length : at + 1;
  }
}
