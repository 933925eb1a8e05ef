/** Bytes on their way from a receiver to the program that reads them; `undefined` stands for a garbled one. */
export class ByteQueue {
  readonly #bytes: (number | undefined)[] = [];
  #wake: (() => void) | undefined;

  push(byte: number | undefined): void {
    this.#bytes.push(byte);
    this.#wake?.();
  }

  async next(): Promise<number | undefined> {
    while (this.#bytes.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#bytes.shift();
  }

  /** Exactly `count` bytes; undefined if one of them was garbled. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(count);
    let isGarbled = false;
    for (let index = 0; index < count; index++) {
      const byte = await this.next();
      if (byte === undefined) isGarbled = true;
      else bytes[index] = byte;
    }
    return isGarbled ? undefined : bytes;
  }
}
