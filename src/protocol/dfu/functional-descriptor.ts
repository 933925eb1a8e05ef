import { BootctlError } from '../../base/errors.ts';

/** DFU functional descriptor (DFU 1.1 §4.1.3). */
export interface FunctionalDescriptor {
  readonly canDownload: boolean;
  readonly canUpload: boolean;
  readonly manifestationTolerant: boolean;
  readonly willDetach: boolean;
  /** wDetachTimeout, ms. */
  readonly detachTimeout: number;
  /** wTransferSize: largest block, bytes. */
  readonly transferSize: number;
  /** bcdDFUVersion: 0x011A is DfuSe. */
  readonly dfuVersion: number;
}

export const functionalDescriptorType = 0x21;

/**
 * `bLength 21 bmAttributes wDetachTimeout(2) wTransferSize(2) bcdDFUVersion(2)`, little-endian.
 * DFU 1.0 devices leave out the version (7 bytes); it is then 0x0100.
 * @throws BootctlError `dfu-malformed`
 */
export function parseFunctionalDescriptor(bytes: Uint8Array): FunctionalDescriptor {
  if (bytes.length < 7 || bytes[1] !== functionalDescriptorType)
    throw new BootctlError('dfu-malformed', `Not a DFU functional descriptor: ${hex(bytes)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const attributes = bytes[2]!;
  const transferSize = view.getUint16(5, true);
  if (transferSize === 0) throw new BootctlError('dfu-malformed', 'The DFU functional descriptor has wTransferSize 0');
  return {
    canDownload: (attributes & 1) !== 0,
    canUpload: (attributes & 2) !== 0,
    manifestationTolerant: (attributes & 4) !== 0,
    willDetach: (attributes & 8) !== 0,
    detachTimeout: view.getUint16(3, true),
    transferSize,
    dfuVersion: bytes.length >= 9 ? view.getUint16(7, true) : 0x0100,
  };
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'nothing';
