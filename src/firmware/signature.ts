import type { Segment } from '../image/firmware-image.ts';

/** The kit in an image, as its signature tells. */
export interface KitSignature {
  readonly version: string;
  readonly method: string;
  /** Line of the target that it was made for. */
  readonly target: string;
  readonly touch: boolean;
  /** One byte a character; absent where it takes none. */
  readonly command?: string;
  readonly address: number;
}

const start = 'bootctl-kit/';
/** Longer than any signature: names of lines are short, and a command has 32 bytes at most. */
const longest = 160;
const fields = /^([\w.-]{1,16});method=([\w-]{1,24});target=(\w{1,40});touch=([01]);command=([\s\S]{0,32})$/;

/** The signatures in an image, in the order of their addresses. */
export const kitsIn = (segments: readonly Segment[]): readonly KitSignature[] => segments.flatMap(kitsOf);

function kitsOf({ address, data }: Segment): readonly KitSignature[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const found: KitSignature[] = [];
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const kit = signatureAt(bytes.subarray(at + start.length, at + longest), address + at);
    if (kit) found.push(kit);
  }
  return found;
}

/** Undefined for another text that begins so, such as the kit's own source or a part of a message. */
function signatureAt(bytes: Buffer, address: number): KitSignature | undefined {
  const end = bytes.indexOf(0);
  const match = end < 0 ? null : fields.exec(bytes.subarray(0, end).toString('latin1'));
  if (!match) return undefined;
  const [, version = '', method = '', target = '', touch, command = ''] = match;
  return { version, method, target, touch: touch === '1', ...(command === '' ? {} : { command }), address };
}
