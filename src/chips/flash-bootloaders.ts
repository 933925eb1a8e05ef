/** A bootloader in the target's flash that appears on USB instead of the ROM. */
export interface FlashBootloader {
  readonly id: string;
  readonly name: string;
  /** USB ids that are its alone, `vendor:product`; absent where it has those of something else. */
  readonly ids?: readonly string[];
  /** What its product string says, where its ids do not tell it. */
  readonly calls?: RegExp;
  /** It speaks DfuSe, and may have the ids of the ROM. */
  readonly speaksDfuSe?: true;
  /** The tool that flashes an application through it. */
  readonly tool: string;
  readonly source: string;
}

/** Bootloaders that can be told from other devices. Betaflight and INAV have none of their own: they jump to the ROM. */
export const flashBootloaders: readonly FlashBootloader[] = [
  {
    id: 'katapult',
    name: 'Katapult',
    ids: ['1d50:6177'],
    tool: "Katapult's flashtool.py",
    source: 'Arksine/moonraker usb utils: "1d50:6177": Katapult Bootloader (CDC_ACM); Klipper docs/Bootloader_Entry.md',
  },
  {
    id: 'maple',
    name: 'the STM32duino (Maple) bootloader',
    ids: ['1eaf:0003'],
    tool: '`dfu-util -a 2 -D` (it speaks DFU without DfuSe)',
    source:
      'udev rules of qmk_firmware and ArduinoMaple name 1eaf:0003; ag88/GirinoSTM32F103duino bin/readme.md (dfu-util -a 2); STM32duino-bootloader#117',
  },
  {
    id: 'hid',
    name: 'the STM32 HID bootloader',
    ids: ['1209:beba'],
    tool: 'hid-flash',
    source: 'Serasidis/STM32_HID_Bootloader@0d7bd81 cli/main.c: VID 0x1209, PID 0xBEBA; its README, udev rule',
  },
  {
    id: 'dapboot',
    name: 'dapboot',
    ids: ['1209:db42'],
    tool: '`dfu-util -d 1209:db42 -D` (it speaks DFU without DfuSe)',
    source: 'devanlai/dapboot README, USB VID/PID and the listing of dfu-util: [1209:db42] "DAPBoot DFU"',
  },
  {
    id: 'tinyuf2',
    name: 'TinyUF2',
    ids: ['239a:0059'],
    tool: 'a UF2 file that is copied to its drive',
    source: 'adafruit/tinyuf2@0847838 ports/stm32f4/boards/feather_stm32f405_express/board.h: USB_VID, USB_PID',
  },
  {
    id: 'openblt',
    name: 'OpenBLT',
    ids: ['1d50:60ac'],
    tool: 'BootCommander or MicroBoot of OpenBLT',
    source:
      'feaser/openblt@3d853fb Host/Source/LibOpenBLT/port/linux/usbbulk.c: openBltVendorId 0x1D50, openBltProductId 0x60AC',
  },
  {
    id: 'px4',
    name: 'the bootloader of PX4',
    calls: /^PX4 BL /,
    tool: 'px_uploader.py or QGroundControl',
    source: 'PX4 Bootloader hw_config.h: all bootloaders must contain the prefix "PX4 BL " in the USBDEVICESTRING',
  },
  {
    id: 'ardupilot',
    name: 'the bootloader of ArduPilot',
    calls: /-BL(-v\d+)?$/,
    tool: 'uploader.py of ArduPilot or Mission Planner',
    source:
      'ArduPilot/ardupilot libraries/AP_HAL_ChibiOS/hwdef/scripts/chibios_hwdef.py: default_product += "-BL", "-Secure-BL-v10"',
  },
  {
    id: 'mboot',
    name: "MicroPython's mboot",
    calls: /^Pyboard DFU$/,
    speaksDfuSe: true,
    tool: '`pydfu.py` of MicroPython, or bootctl',
    source:
      'micropython ports/stm32/mboot/main.c: MBOOT_USBD_PRODUCT_STRING "Pyboard DFU", MBOOT_USB_VID 0x0483, MBOOT_USB_PID 0xDF11',
  },
];

/** What a USB device says of itself. */
export interface BootloaderSigns {
  readonly vendorId: string;
  readonly productId: string;
  readonly product?: string | undefined;
}

/** The row of a USB device, by its ids or its product string. */
export const flashBootloaderOf = ({
  vendorId,
  productId,
  product = '',
}: BootloaderSigns): FlashBootloader | undefined =>
  flashBootloaders.find(({ ids, calls }) => ids?.includes(`${vendorId}:${productId}`) || calls?.test(product));

/** The row with this id, for an id that was recorded earlier. */
export const flashBootloaderNamed = (id: string | number | undefined): FlashBootloader | undefined =>
  flashBootloaders.find((row) => row.id === id);
