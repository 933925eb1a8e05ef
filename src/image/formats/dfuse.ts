import { BootctlError, type ErrorCode } from '../../base/errors.ts';
import type { AlternateImage, DfuSuffix, FirmwareImage, ParsedFile, Segment } from '../firmware-image.ts';
import { hasDfuSuffix, splitDfuSuffix, stVendor, suffixLength, withDfuSuffix } from './dfu-suffix.ts';
import { RecordList } from './record-list.ts';

/** UM0391: DFU prefix, target prefix, image element. */
const dfuse = {
  signature: 'DfuSe',
  version: 1,
  prefixLength: 11,
  targetSignature: 'Target',
  targetPrefixLength: 274,
  nameLength: 255,
  elementHeaderLength: 8,
} as const;

/** Alternate setting that ST's ROMs give the internal flash. */
const flashAlternate = 0;

interface Target {
  readonly alternate: number;
  readonly name: string;
  readonly elements: readonly { readonly address: number; readonly start: number; readonly end: number }[];
}

type Refuse = (code: ErrorCode, what: string) => never;

/**
 * Reads a DfuSe file: prefix, all targets with all elements, suffix with its CRC (UM0391). DFUImageSize is taken with
 * the suffix (dfu-util's `dfuse-pack`) and without it (the document).
 * @throws BootctlError `image-truncated`, `image-crc`, `image-malformed`, `image-unsupported`, `image-overlap`
 */
export function parseDfuSe(file: Uint8Array, name: string): ParsedFile {
  const refuse: Refuse = (code, what) => {
    throw new BootctlError(code, `${name}: ${what}`);
  };
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < dfuse.prefixLength) {
    refuse('image-truncated', `a DfuSe file of ${file.length} bytes ends inside its prefix`);
  }
  if (file[5] !== dfuse.version) refuse('image-unsupported', `DfuSe version ${file[5]} is not version 1`);
  const announced = view.getUint32(6, true);
  if (!hasDfuSuffix(file)) {
    const isCut = file.length < announced + suffixLength;
    const size = `the prefix announces ${announced} bytes, the file has ${file.length}`;
    refuse(isCut ? 'image-truncated' : 'image-malformed', `it ends without a DFU suffix; ${size}`);
  }
  const { content, suffix, notes } = splitDfuSuffix(file, name);
  if (announced !== content.length && announced !== file.length) {
    refuse('image-malformed', `the prefix announces ${announced} bytes, there are ${content.length} before the suffix`);
  }
  const targets = readTargets(content, file[10]!, refuse);
  const flash = targets.filter(({ alternate }) => alternate === flashAlternate);
  const others = otherAlternates(content, name, targets);
  const names = flash.flatMap((target) => (target.name ? [`target name: ${target.name}`] : []));
  const allNotes = [...names, ...notes];
  return {
    segments: segmentsOf(content, name, flash),
    dfuSuffix: suffix,
    ...(others.length > 0 ? { otherAlternates: others } : {}),
    ...(allNotes.length > 0 ? { notes: allNotes } : {}),
  };
}

function readTargets(content: Uint8Array, count: number, refuse: Refuse): readonly Target[] {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const targets: Target[] = [];
  let at: number = dfuse.prefixLength;
  for (let index = 0; index < count; index++) {
    const title = `target ${index + 1} of ${count}`;
    if (at + dfuse.targetPrefixLength > content.length) {
      refuse('image-malformed', `${title} starts at offset ${at}, too near the end of the file`);
    }
    const signature = latin1(content.subarray(at, at + dfuse.targetSignature.length));
    if (signature !== dfuse.targetSignature) refuse('image-malformed', `${title} does not start with "Target"`);
    const [size, elements] = [view.getUint32(at + 266, true), view.getUint32(at + 270, true)];
    const end = at + dfuse.targetPrefixLength + size;
    if (end > content.length) refuse('image-malformed', `${title} ends at offset ${end}, past its file`);
    const isNamed = view.getUint32(at + 7, true) !== 0;
    const name = isNamed ? latin1(content.subarray(at + 11, at + 11 + dfuse.nameLength)).replace(/\0.*$/s, '') : '';
    const range = { start: at + dfuse.targetPrefixLength, end, count: elements };
    targets.push({ alternate: content[at + 6]!, name, elements: readElements(view, range, title, refuse) });
    at = end;
  }
  if (at !== content.length) refuse('image-malformed', `${content.length - at} bytes follow the last target`);
  return targets;
}

interface ElementRange {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

function readElements(
  view: DataView,
  { start, end, count }: ElementRange,
  title: string,
  refuse: Refuse,
): Target['elements'] {
  const elements: Target['elements'][number][] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + dfuse.elementHeaderLength > end) {
      refuse('image-malformed', `${title} announces ${count} elements and ends in number ${index + 1}`);
    }
    const [address, size] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    at += dfuse.elementHeaderLength;
    if (at + size > end)
      refuse('image-malformed', `${title}: element ${index + 1} of ${size} bytes ends past its target`);
    elements.push({ address, start: at, end: at + size });
    at += size;
  }
  if (at !== end) refuse('image-malformed', `${title}: ${end - at} bytes follow its last element`);
  return elements;
}

function otherAlternates(content: Uint8Array, name: string, targets: readonly Target[]): readonly AlternateImage[] {
  const numbers = [...new Set(targets.map(({ alternate }) => alternate))].filter((one) => one !== flashAlternate);
  return numbers.map((alternate) => {
    const same = targets.filter((target) => target.alternate === alternate);
    return { alternate, name: same[0]!.name, segments: segmentsOf(content, name, same) };
  });
}

function segmentsOf(content: Uint8Array, name: string, targets: readonly Target[]): readonly Segment[] {
  const records = new RecordList(name, 'offset');
  for (const { elements } of targets) {
    for (const { address, start, end } of elements) records.add(address, content, start, end, start);
  }
  return records.segments();
}

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

/** USB ids of ST's ROMs, and the version of the DfuSe extension (UM0391). */
const romSuffix = { vendorId: stVendor, productId: 0xdf11, dfuVersion: 0x011a } as const;
const flashName = 'Internal Flash';

/**
 * A DfuSe file with one target for each alternate setting, and one element for each segment (UM0391).
 * DFUImageSize is the length without the suffix, as the document has it. The ids are those of `suffix`, or else those that
 * the image was read with, or else those of ST's ROMs.
 * @throws BootctlError `image-not-convertible` beyond 255 targets
 */
export function writeDfuSe(image: FirmwareImage, suffix?: DfuSuffix): Uint8Array {
  const { name, segments, dfuSuffix, otherAlternates = [] } = image;
  const flash: AlternateImage = { alternate: flashAlternate, name: flashName, segments };
  const alternates = segments.length > 0 ? [flash, ...otherAlternates] : otherAlternates;
  const targets = alternates.map(targetBytes);
  if (targets.length > 0xff) {
    throw new BootctlError('image-not-convertible', `${name}: a DfuSe file has at most 255 targets`);
  }
  const length = targets.reduce((sum, target) => sum + target.length, dfuse.prefixLength as number);
  const file = new Uint8Array(length);
  file.set(Buffer.from(dfuse.signature, 'latin1'));
  file[5] = dfuse.version;
  new DataView(file.buffer).setUint32(6, length, true);
  file[10] = targets.length;
  let at: number = dfuse.prefixLength;
  for (const target of targets) {
    file.set(target, at);
    at += target.length;
  }
  return withDfuSuffix(file, { ...romSuffix, ...(suffix ?? dfuSuffix), dfuVersion: romSuffix.dfuVersion });
}

function targetBytes({ alternate, name, segments }: AlternateImage): Uint8Array {
  const size = segments.reduce((sum, { data }) => sum + dfuse.elementHeaderLength + data.length, 0);
  const bytes = new Uint8Array(dfuse.targetPrefixLength + size);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(dfuse.targetSignature, 'latin1'));
  bytes[6] = alternate;
  view.setUint32(7, name === '' ? 0 : 1, true);
  bytes.set(Buffer.from(name, 'latin1').subarray(0, dfuse.nameLength - 1), 11);
  view.setUint32(266, size, true);
  view.setUint32(270, segments.length, true);
  let at: number = dfuse.targetPrefixLength;
  for (const { address, data } of segments) {
    view.setUint32(at, address, true);
    view.setUint32(at + 4, data.length, true);
    bytes.set(data, at + dfuse.elementHeaderLength);
    at += dfuse.elementHeaderLength + data.length;
  }
  return bytes;
}
