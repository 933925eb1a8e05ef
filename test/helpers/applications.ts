import { parseImage } from '../../src/image/load-image.ts';

export interface Application {
  /** Where it is linked for: the address of its vector table as the core sees it. */
  readonly link: number;
  readonly stack: number;
  readonly bytes?: number;
  /** How far behind its start the handlers are. */
  readonly code?: number;
}

/**
 * A whole vector table of an STM32 and code behind it, as startup files make it: the reset handler first, and one
 * handler, an endless loop (`b .`, E7FE), for all other entries.
 */
export function application({ link, stack, bytes = 1024, code = 0x188 }: Application): Buffer {
  const image = Buffer.alloc(bytes, 0x5a);
  image.writeUInt32LE(stack, 0);
  image.writeUInt32LE(link + code + 1, 4);
  for (let at = 8; at < Math.min(0x188, bytes); at += 4) image.writeUInt32LE(link + code + 0x20 + 1, at);
  if (code + 0x22 <= bytes) image.writeUInt16LE(0xe7fe, code + 0x20);
  return image;
}

/** The same as an image at `address`, where it is linked for unless said otherwise. */
export const applicationAt = ({ address, ...rest }: Application & { readonly address?: number }) =>
  parseImage(application(rest), 'app.bin', { address: address ?? rest.link });
