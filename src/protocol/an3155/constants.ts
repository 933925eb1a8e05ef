/** First byte of each exchange: the ROM measures its bit time (AN3155 §2). */
export const syncByte = 0x7f;

/** Answers to a command or a frame (AN3155 §3). */
export const an3155Reply = { ACK: 0x79, NACK: 0x1f } as const;

/** Command codes, each sent with its complement (AN3155 §3, table 2). */
export const an3155Command = {
  get: 0x00, // §3.1
  getVersion: 0x01, // §3.2
  getId: 0x02, // §3.3
  readMemory: 0x11, // §3.4
  go: 0x21, // §3.5
  writeMemory: 0x31, // §3.6
  erase: 0x43, // §3.7
  extendedErase: 0x44, // §3.8
  writeProtect: 0x63, // §3.9
  writeUnprotect: 0x73, // §3.10
  readoutProtect: 0x82, // §3.11
  readoutUnprotect: 0x92, // §3.12
} as const;

/** Largest number of bytes of one Read Memory or Write Memory (AN3155 §3.4, §3.6). */
export const an3155BlockSize = 256;

/** Number of pages that asks Erase for the whole flash; its checksum byte is 0x00 (AN3155 §3.7). */
export const globalErase = 0xff;

/** Two-byte page counts of Extended Erase that ask for more than a list of pages (AN3155 §3.8). */
export const specialErase = { mass: 0xffff, bank1: 0xfffe, bank2: 0xfffd, firstReserved: 0xfff0 } as const;

/**
 * Page numbers of one command. The one-byte count of Erase allows 255 of them (AN3155 §3.7). Extended Erase: the ROM of
 * the L152 takes 512 at most, which is enough for all (stm32flash, `stm32.c`).
 */
export const an3155ErasePages = { standard: 255, extended: 512 } as const;
