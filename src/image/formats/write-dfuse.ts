import { BootctlError } from '../../base/errors.ts';
import type { AlternateImage, FirmwareImage } from '../firmware-image.ts';
import { withDfuSuffix } from './dfu-suffix.ts';
import { dfuse, flashAlternate } from './dfuse.ts';

/** What ST's ROMs answer to, and the version of the DfuSe extension (UM0391). */
const stSuffix = { vendorId: 0x0483, productId: 0xdf11, dfuVersion: 0x011a } as const;
const flashName = 'Internal Flash';

/**
 * A DfuSe file with one target for each alternate setting, and one element for each segment (UM0391).
 * DFUImageSize is the length without the suffix, as the document has it.
 * @throws BootctlError `image-not-convertible` beyond 255 targets
 */
export function writeDfuSe({ name, segments, dfuSuffix, otherAlternates = [] }: FirmwareImage): Uint8Array {
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
  return withDfuSuffix(file, { ...stSuffix, ...dfuSuffix, dfuVersion: stSuffix.dfuVersion });
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
