import { address32, count } from '../base/text.ts';
import { type CommandName, commandTitles } from '../protocol/an3155/commands.ts';
import { an3155Command, an3155Reply, globalErase, specialErase } from '../protocol/an3155/constants.ts';
import { hexBytes, productIdText, xor } from '../protocol/an3155/frames.ts';

const nameOf = (code: number): CommandName | undefined =>
  (Object.keys(an3155Command) as CommandName[]).find((name) => an3155Command[name] === code);

/** Meaning of a frame. `isWrong`: its last byte is not the expected checksum or complement. */
export interface FrameText {
  readonly text: string;
  readonly isWrong: boolean;
}

const checked = (text: string, bytes: Uint8Array, expected: number, what = 'checksum'): FrameText => {
  const last = bytes.at(-1) ?? 0;
  if (last === expected) return { text, isWrong: false };
  return { text: `${text}, but its ${what} is ${hexBytes([last])} instead of ${hexBytes([expected])}`, isWrong: true };
};
const withChecksum = (text: string, bytes: Uint8Array): FrameText => checked(text, bytes, xor(bytes.subarray(0, -1)));
const withComplement = (text: string, bytes: Uint8Array): FrameText =>
  checked(text, bytes, (bytes[0] ?? 0) ^ 0xff, 'complement');

/** Two bytes that begin with a command's code, whose complement may be wrong (AN3155 §3). */
export function commandText(bytes: Uint8Array): { readonly name?: CommandName; readonly text: string } | undefined {
  const name = bytes.length === 2 ? nameOf(bytes[0]!) : undefined;
  if (name === undefined) return undefined;
  const { text, isWrong } = withComplement(`${commandTitles[name]} (${hexBytes(bytes)})`, bytes);
  return isWrong ? { text } : { name, text };
}

/** A frame that belongs to the command before it. Undefined if it does not have that shape. */
export function frameText(command: CommandName, frames: number, bytes: Buffer): FrameText | undefined {
  const takesAddress = command === 'readMemory' || command === 'writeMemory' || command === 'go';
  if (takesAddress && frames === 0 && bytes.length === 5) {
    return withChecksum(`address ${address32(bytes.readUInt32BE(0))}`, bytes);
  }
  const [first = 0] = bytes;
  if (command === 'readMemory' && frames === 1 && bytes.length === 2) {
    return withComplement(`length: ${count(first + 1, 'byte')}`, bytes);
  }
  if (command === 'writeMemory' && frames === 1 && bytes.length === first + 3) {
    return withChecksum(count(first + 1, 'byte'), bytes);
  }
  if (frames > 0) return undefined;
  if (command === 'erase') return standardErase(bytes);
  return command === 'extendedErase' ? extendedErase(bytes) : undefined;
}

/** AN3155 §3.7. */
function standardErase(bytes: Buffer): FrameText {
  if (bytes[0] === globalErase) return withComplement('what to erase: the whole flash', bytes);
  return withChecksum(`what to erase: ${pagesText([...bytes.subarray(1, -1)])}`, bytes);
}

/** AN3155 §3.8. */
function extendedErase(bytes: Buffer): FrameText {
  if (bytes.length < 3) return { text: hexBytes(bytes), isWrong: false };
  const head = bytes.readUInt16BE(0);
  const special: Readonly<Record<number, string>> = {
    [specialErase.mass]: 'the whole flash',
    [specialErase.bank1]: 'bank 1',
    [specialErase.bank2]: 'bank 2',
  };
  if (head >= specialErase.firstReserved) {
    return withChecksum(`what to erase: ${special[head] ?? `reserved code ${head.toString(16).toUpperCase()}`}`, bytes);
  }
  const pages = Array.from({ length: Math.floor((bytes.length - 3) / 2) }, (_, at) => bytes.readUInt16BE(2 + 2 * at));
  return withChecksum(`what to erase: ${pagesText(pages)}`, bytes);
}

/** The first few by number. */
const pagesText = (pages: readonly number[]): string => {
  const listed = pages.slice(0, 8).join(', ');
  return `page${pages.length === 1 ? '' : 's'} ${listed}${pages.length > 8 ? `, … (${pages.length} in all)` : ''}`;
};

/** A whole answer after the ACK of its command, up to the last ACK. Undefined if it is incomplete, or is data. */
export function answerText(command: CommandName | undefined, bytes: Uint8Array): string | undefined {
  const [first = 0, second = 0, third = 0] = bytes;
  if (bytes.at(-1) !== an3155Reply.ACK) return undefined;
  if (command === 'get' && bytes.length === first + 3) {
    const commands = [...bytes.subarray(2, -1)].map((code) => titleOf(code)).join(', ');
    return `version ${versionText(second)}, which lists ${commands}; ACK`;
  }
  if (command === 'getVersion' && bytes.length === 4) return `version ${versionText(first)}; ACK`;
  if (command !== 'getId' || bytes.length !== 4 || first !== 1) return undefined;
  return `product id ${productIdText((second << 8) | third)}; ACK`;
}

const titleOf = (code: number): string => {
  const name = nameOf(code);
  return name ? commandTitles[name] : hexBytes([code]);
};

const versionText = (version: number): string => `${version >> 4}.${version & 0x0f}`;
