import { bcdDfuSe } from '../../protocol/dfu/constants.ts';
import type { RomPersonality } from './rom-personality.ts';
import type { DeviceDescription } from './usb-descriptors.ts';

/** CanDnload | CanUpload | WillDetach, wDetachTimeout 255 ms (DFU 1.1 §4.1.3; listings of ST ROMs). */
export function functionalDescriptor(transferSize: number): Uint8Array {
  const [sizeLow, sizeHigh] = [transferSize & 0xff, transferSize >> 8];
  return Uint8Array.of(9, 0x21, 0x0b, 0xff, 0x00, sizeLow, sizeHigh, bcdDfuSe & 0xff, bcdDfuSe >> 8);
}

/** The ROM's USB description: one interface with one alternate setting for each memory. */
export function describeRom({ dfu }: RomPersonality): DeviceDescription {
  const last = dfu.alternates.length - 1;
  return {
    bcdUsb: dfu.bcdUsb,
    deviceClass: 0,
    vendorId: dfu.maker?.vendorId ?? 0x0483,
    productId: dfu.maker?.productId ?? 0xdf11,
    bcdDevice: dfu.bcdDevice,
    manufacturer: dfu.maker?.name ?? 'STMicroelectronics',
    product: dfu.product,
    serialNumber: dfu.serialNumber,
    selfPowered: true,
    maxPower: 100,
    interfaces: dfu.alternates.map((name, alternateSetting) => ({
      interfaceNumber: 0,
      alternateSetting,
      interfaceClass: 0xfe,
      interfaceSubClass: 0x01,
      interfaceProtocol: 0x02,
      name,
      ...(alternateSetting === last ? { classDescriptors: [functionalDescriptor(dfu.transferSize)] } : {}),
    })),
  };
}
