import type { Segment } from '../image/firmware-image.ts';

/** The kit in an image, as its signature tells. */
export interface KitSignature {
  readonly version: string;
  readonly method: string;
  /** Line of the target that it was made for. */
  readonly target: string;
  readonly touch: boolean;
  /** What it takes; one byte a character. */
  readonly commands: readonly string[];
  readonly address: number;
}

const start = 'bootctl-kit/';
/** Longer than any signature: names of lines are short, and all commands have 32 bytes at most. */
const longest = 160;
const head = /^([\w.-]{1,16});([\w-]{1,24});(\w{1,40});(\d)(t?);/;
const longestCommands = 32;

/** The signatures in an image, in the order of their addresses. */
export const kitsIn = (segments: readonly Segment[]): readonly KitSignature[] => segments.flatMap(kitsOf);

function kitsOf({ address, data }: Segment): readonly KitSignature[] {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const found: KitSignature[] = [];
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) {
    const text = bytes.subarray(at + start.length, at + longest).toString('latin1');
    const kit = signatureOf(text, address + at);
    if (kit) found.push(kit);
  }
  return found;
}

/** Undefined for another text that begins so, such as the kit's own source or a part of a message. */
function signatureOf(text: string, address: number): KitSignature | undefined {
  const match = head.exec(text);
  if (!match) return undefined;
  const [all, version = '', method = '', target = '', count, touch] = match;
  const commands = commandsIn(text.slice(all.length), Number(count));
  return commands && { version, method, target, touch: touch === 't', commands, address };
}

/** `count` texts, each with a 0 behind it. */
function commandsIn(text: string, count: number): readonly string[] | undefined {
  if (count === 0) return text.startsWith('\0') ? [] : undefined;
  const parts = text.split('\0', count + 1);
  const commands = parts.slice(0, count);
  const isWhole = parts.length > count && !commands.includes('') && commands.join('\0').length <= longestCommands;
  return isWhole ? commands : undefined;
}
