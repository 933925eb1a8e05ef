import type { UsbFunction } from '../../../src/sim/board/usb-function.ts';
import { isStandardRequest, StandardRequests } from '../../../src/sim/chip/standard-requests.ts';

const functionalDescriptor = Uint8Array.of(9, 0x21, 0x0b, 0xff, 0x00, 0x00, 0x08, 0x1a, 0x01);

/** Somebody else's STM32 in DFU mode: it enumerates, and answers no class request. */
export function stranger(name: string): UsbFunction {
  const standard = new StandardRequests({
    bcdUsb: 0x0110,
    deviceClass: 0,
    vendorId: 0x0483,
    productId: 0xdf11,
    bcdDevice: 0x2200,
    manufacturer: 'STMicroelectronics',
    product: 'STM32  BOOTLOADER',
    serialNumber: 'STRANGER',
    selfPowered: true,
    maxPower: 100,
    interfaces: [
      {
        interfaceNumber: 0,
        alternateSetting: 0,
        interfaceClass: 0xfe,
        interfaceSubClass: 1,
        interfaceProtocol: 2,
        name: '@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg',
        classDescriptors: [functionalDescriptor],
      },
    ],
  });
  return {
    name,
    deviceDescriptor: standard.descriptors.device,
    configurationDescriptor: standard.descriptors.configuration,
    control: async (setup) => (isStandardRequest(setup) ? standard.handle(setup) : 'stall'),
  };
}
