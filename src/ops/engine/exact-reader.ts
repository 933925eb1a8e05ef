import type { Bootloader } from '../../../machines/bootloader.ts';
import { BootctlError, isBootctlError } from '../../base/errors.ts';
import { address32, count } from '../../base/text.ts';
import { agreed, nothingRead } from './flash-reader.ts';
import type { Run } from './runs.ts';

/**
 * Reads exactly the requested bytes. A whole block would include bytes of the image, which may be the unreadable ones.
 * Two reads have to agree.
 */
export class ExactReader {
  readonly #bootloader: Bootloader;
  readonly #signal: AbortSignal;

  constructor(bootloader: Bootloader, signal: AbortSignal) {
    this.#bootloader = bootloader;
    this.#signal = signal;
  }

  /** @throws BootctlError `flash-unreadable` if these bytes cannot be read either; nothing has been erased then */
  async *pieces(address: number, end: number): AsyncGenerator<Run> {
    if (address === end) return;
    const read = () => this.#bootloader.read(address, end - address, () => {}, this.#signal);
    const data = await agreed(read, address).catch((error) => {
      throw isBootctlError(error) && error.details.sector !== undefined ? notKept(address, end, error) : error;
    });
    if (data.length < end - address) throw nothingRead(address + data.length);
    yield { address, data };
  }
}

const notKept = (from: number, to: number, error: BootctlError): BootctlError =>
  new BootctlError(
    'flash-unreadable',
    `The bytes around the image (${count(to - from, 'byte')} from ${address32(from)} to ${address32(to - 1)}) are to be kept, but two attempts to read them failed: ${error.message}`,
    {
      details: { address: from, length: to - from },
      hint: 'Nothing was changed. After a power cut during a write, flash with ECC may be unreadable until it is erased: `bootctl flash --full` without `--keep` erases it, and gives up those bytes.',
      cause: error,
    },
  );
