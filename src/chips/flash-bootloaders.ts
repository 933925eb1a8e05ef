/** A bootloader in the target's flash that appears on USB instead of the ROM. */
export interface FlashBootloader {
  readonly id: string;
  readonly name: string;
  /** USB ids, four hex digits each. */
  readonly vendorId: string;
  readonly productId: string;
  /** The tool that flashes an application through it. */
  readonly tool: string;
  readonly source: string;
}

/** Only bootloaders with their own USB ids. */
const flashBootloaders: readonly FlashBootloader[] = [
  {
    id: 'katapult',
    name: 'Katapult',
    vendorId: '1d50',
    productId: '6177',
    tool: "Katapult's flashtool.py",
    source: 'Arksine/moonraker usb utils: "1d50:6177": Katapult Bootloader (CDC_ACM); Klipper docs/Bootloader_Entry.md',
  },
];

/** The row of a USB device by its ids. */
export const flashBootloaderOf = (device: {
  readonly vendorId: string;
  readonly productId: string;
}): FlashBootloader | undefined =>
  flashBootloaders.find(({ vendorId, productId }) => vendorId === device.vendorId && productId === device.productId);

/** The row with this id, for an id that was recorded earlier. */
export const flashBootloaderNamed = (id: string | number | undefined): FlashBootloader | undefined =>
  flashBootloaders.find((row) => row.id === id);
