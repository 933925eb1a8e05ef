/** A ROM bootloader of another maker, on a chip that is sold in place of an STM32. */
export interface Clone {
  readonly id: string;
  /** Maker and series. */
  readonly name: string;
  /** USB ids of its ROM, four hex digits each. */
  readonly ids: readonly { readonly vendorId: string; readonly productId: string }[];
  /** Name that its ROM gives in the product string or serial number. It occurs under ST's ids as well. */
  readonly calls: RegExp;
  /** Whether the ROM supports DfuSe, so that bootctl can flash it. */
  readonly speaksDfuSe: boolean;
  /** How its ROM differs from an STM32's. */
  readonly differs: string;
  readonly source: string;
}

/** Only clones that identify themselves. An APM32F103 or CKS32F103 on its USART has the product id of the STM32F103. */
export const clones: readonly Clone[] = [
  {
    id: 'gd32',
    name: 'GigaDevice GD32',
    ids: [{ vendorId: '28e9', productId: '0189' }],
    calls: /\bGD32|GigaDevice/i,
    speaksDfuSe: true,
    differs:
      'Its ROM may name more flash and other pages than there are, may refuse the first ones, and starts the application without answering.',
    source:
      'dfu-util 0.11 quirks.c (layout, serial number, leave); riscv-mcu/gd32-dfu-utils#5 (two layouts of one part), dfu-rs/cargo-dfu#7 (product string)',
  },
  {
    id: 'at32',
    name: 'Artery AT32',
    ids: [{ vendorId: '2e3c', productId: 'df11' }],
    calls: /\bAT32/,
    speaksDfuSe: true,
    differs:
      'Its ROM spells the option area "Option Byte", and that of an AT32F437 names its first 32 KB read-only, which they are not.',
    source:
      'DavidClawson/OpenScope-2C53T docs/dfu_mode_guide.md (ids, product string); betaflight-configurator usbdfu.js (spelling, F437 layout)',
  },
  {
    id: 'apm32',
    name: 'Geehy APM32',
    ids: [{ vendorId: '314b', productId: '0106' }],
    calls: /\bAPM32|Geehy/i,
    speaksDfuSe: true,
    differs: 'Nothing is known that its ROM does otherwise.',
    source: 'qmk/qmk_firmware builddefs/bootloader.mk and docs/driver_installation_zadig.md: "APM32 DFU ISP Mode"',
  },
  {
    id: 'ch32',
    name: 'WCH CH32',
    ids: [
      { vendorId: '4348', productId: '55e0' },
      { vendorId: '1a86', productId: '55e0' },
    ],
    calls: /\bCH32[FLVX]/i,
    speaksDfuSe: false,
    differs: "Its ROM speaks WCH's own protocol, no DFU.",
    source: 'ch32-rs/wchisp README (ids, protocol)',
  },
];

/** Facts about a USB device that could be a clone. */
export interface CloneSigns {
  readonly vendorId: string;
  readonly productId: string;
  readonly product?: string | undefined;
  readonly serialNumber?: string | undefined;
}

/** The clone that this USB device claims to be, and by which sign. Undefined if no sign points to a clone. */
export function cloneOf(device: CloneSigns): { readonly clone: Clone; readonly sign: string } | undefined {
  const { vendorId, productId, product, serialNumber } = device;
  for (const clone of clones) {
    if (clone.ids.some((id) => id.vendorId === vendorId && id.productId === productId)) {
      return { clone, sign: `the USB id ${vendorId}:${productId}` };
    }
    const said = [product, serialNumber].find((text) => text !== undefined && clone.calls.test(text));
    if (said !== undefined) return { clone, sign: `its name ${JSON.stringify(said)}` };
  }
  return undefined;
}

/** The row with this id, for an id that was recorded earlier. */
export const cloneNamed = (id: string | number | undefined): Clone | undefined =>
  clones.find((clone) => clone.id === id);

/**
 * GD32 ROMs put one ASCII character into each byte of a string descriptor, which has two for each (dfu-util 0.11,
 * QUIRK_UTF8_SERIAL).
 */
export function unpackedSerial(serialNumber: string): string {
  const bytes = Buffer.from(serialNumber, 'utf16le');
  const isPacked = serialNumber.length > 0 && bytes.every((byte) => byte > 0x20 && byte < 0x7f);
  return isPacked ? bytes.toString('latin1') : serialNumber;
}
