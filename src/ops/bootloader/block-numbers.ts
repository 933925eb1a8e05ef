import { firstDataBlock } from '../../protocol/dfu/constants.ts';
import type { Place } from '../../protocol/dfuse/blocks.ts';

/**
 * Whether a ROM heeds wBlockNum (AN3156 §4). One that ignores it answers every block of a pointer with the same bytes,
 * and programs them all at one place: two blocks of one pointer that differ prove that this ROM does not.
 */
export class BlockNumbers {
  #state: 'unproven' | 'proven' | 'not-used' = 'unproven';
  #hasCounted = false;
  #seen: { readonly pointer: number; readonly number: number; readonly data: Uint8Array } | undefined;

  get isProven(): boolean {
    return this.#state === 'proven';
  }
  /** Each block has a pointer of its own. */
  get isUnused(): boolean {
    return this.#state === 'not-used';
  }
  /** Blocks were read by their numbers, and nothing shows that these were heeded. */
  get isGuess(): boolean {
    return this.#state === 'unproven' && this.#hasCounted;
  }

  /** A full block was read. */
  saw({ pointer, number }: Place, data: Uint8Array): void {
    if (this.#state !== 'unproven') return;
    if (number !== firstDataBlock) this.#hasCounted = true;
    const seen = this.#seen;
    if (seen?.pointer !== pointer) this.#seen = { pointer, number, data: data.slice() };
    else if (seen.number !== number && Buffer.compare(seen.data, data) !== 0) this.#state = 'proven';
  }

  /** The flash has changed: blocks that were equal may differ now. */
  tryAgain(): void {
    if (this.#state === 'not-used') this.#state = 'unproven';
    this.#seen = undefined;
  }

  /** Nothing could prove them. */
  giveUp(): void {
    if (this.#state === 'unproven') this.#state = 'not-used';
  }
}
