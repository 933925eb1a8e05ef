import type { PortInfo } from '../../../bench/serial-link.ts';

/** What is known of a USB-serial chip. All of them move RTS and DTR together on Linux, with one transfer. */
export interface KnownAdapter {
  /** `vendor:product`, hex, lower case. */
  readonly ids: readonly string[];
  readonly name: string;
  /** Its driver in Linux, as modprobe names it. */
  readonly driver: string;
  /** Whether its driver sends a break: always, or as its CDC-ACM capabilities say. */
  readonly breaks: 'always' | 'by capability';
  /** Received bytes wait for a timer in the chip. */
  readonly hasLatencyTimer?: true;
  /** Highest baud rate of the slowest of these chips; absent where no document says. */
  readonly fastest?: number;
  readonly source: string;
}

/**
 * Chips whose ids are those of an adapter with RTS and DTR and of nothing else. An MCP2221 has no such pins, a CH330 no
 * DTR; an ST-Link, an Arduino, a Pico and a modem are whatever their firmware makes of them.
 */
const knownAdapters: readonly KnownAdapter[] = [
  {
    ids: [
      ...['0403:6001', '0403:6010', '0403:6011', '0403:6014', '0403:6015'],
      ...['0403:6040', '0403:6041', '0403:6042', '0403:6043', '0403:6044', '0403:6045', '0403:6048'],
    ],
    name: 'FTDI FT232R, FT2232, FT4232, FT232H, FT-X or one of the H series with PD',
    driver: 'ftdi_sio',
    breaks: 'always',
    hasLatencyTimer: true,
    fastest: 3_000_000,
    source:
      'linux 6.12 drivers/usb/serial/ftdi_sio.c: SET_MODEM_CTRL carries both lines with a mask; SET_DATA the break; ftdi_sio_ids.h; ftdi_232bm_baud_base_to_divisor: 3 MBaud is divisor 0',
  },
  {
    ids: ['10c4:ea60', '10c4:ea61', '10c4:ea63', '10c4:ea70', '10c4:ea71', '10c4:ea7a', '10c4:ea7b'],
    name: 'Silicon Labs CP210x',
    driver: 'cp210x',
    breaks: 'always',
    fastest: 921_600,
    source:
      'linux 6.12 drivers/usb/serial/cp210x.c: id_table (factory default, Windows Update); SET_MHS carries both lines, SET_BREAK the break; cp210x_init_max_speed; Silabs AN571',
  },
  {
    ids: ['1a86:7523', '1a86:7522', '1a86:5523', '4348:5523'],
    name: 'WCH CH340 or CH341',
    driver: 'ch341',
    breaks: 'always',
    fastest: 2_000_000,
    source:
      'WCHSoftGroup/ch341ser_linux driver/ch341.c (4348:5523); linux 6.12 drivers/usb/serial/ch341.c: CH341_MAX_BPS; request 0xA4 always sets both lines; break by register or by speed',
  },
  {
    ids: ['067b:2303', '067b:2304', '067b:23a3', '067b:23b3', '067b:23c3', '067b:23d3', '067b:23e3', '067b:23f3'],
    name: 'Prolific PL2303',
    driver: 'pl2303',
    breaks: 'always',
    fastest: 1_228_800,
    source:
      'linux 6.12 drivers/usb/serial/pl2303.c: max_baud_rate of the PL2303H; SET_CONTROL_LINE_STATE carries both lines; SEND_BREAK',
  },
  {
    ids: [
      ...['1a86:55d2', '1a86:55d3', '1a86:55d4', '1a86:55d5', '1a86:55d7', '1a86:55d8'],
      ...['1a86:55da', '1a86:55dd', '1a86:55de', '1a86:55df', '1a86:55e8', '1a86:55e9', '1a86:55ea'],
    ],
    name: 'WCH CH342, CH343, CH344, CH347 or CH9101 to CH9114 (CDC-ACM)',
    driver: 'cdc_acm',
    breaks: 'by capability',
    source:
      'WCHSoftGroup/ch343ser_linux@00e96a6 driver/ch343.c, ch343_ids; linux 6.12 drivers/usb/class/cdc-acm.c: SET_CONTROL_LINE_STATE carries both lines; break by bmCapabilities',
  },
];

/** The chip with these ids; undefined for one that the table does not have. */
export const knownAdapter = ({
  vendorId,
  productId,
}: Pick<PortInfo, 'vendorId' | 'productId'>): KnownAdapter | undefined =>
  knownAdapters.find(({ ids }) => ids.includes(`${vendorId}:${productId}`));

/** A CDC-ACM port whose firmware is known to move no line: it has TX and RX only. */
export interface PortWithoutLines {
  readonly ids: readonly string[];
  readonly name: string;
  readonly source: string;
}

/** Of an STLINK-V3 no document was found, and a DAPLink, a Pico or an Arduino is what its firmware makes of it. */
const portsWithoutLines: readonly PortWithoutLines[] = [
  {
    ids: ['0483:374b', '0483:3752'],
    name: 'the virtual COM port of an ST-LINK/V2-1',
    source:
      'ST community thread 44053 (VCP of an STM32F429I-DISC1: just TX and RX, no RTS and CTS); ids: OpenOCD src/jtag/drivers/stlink_usb.c, V2.1 with and without mass storage',
  },
];

/** The row of a port that moves no line; undefined for one that the table does not have. */
export const portWithoutLines = ({
  vendorId,
  productId,
}: Pick<PortInfo, 'vendorId' | 'productId'>): PortWithoutLines | undefined =>
  portsWithoutLines.find(({ ids }) => ids.includes(`${vendorId}:${productId}`));
