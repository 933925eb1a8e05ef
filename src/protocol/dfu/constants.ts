/** Class requests of DFU 1.1 §3, table 3.2. */
export const dfuRequest = {
  DETACH: 0,
  DNLOAD: 1,
  UPLOAD: 2,
  GETSTATUS: 3,
  CLRSTATUS: 4,
  GETSTATE: 5,
  ABORT: 6,
} as const;

/** bState of DFU 1.1 §6.1.2. */
export const dfuState = {
  appIDLE: 0,
  appDETACH: 1,
  dfuIDLE: 2,
  dfuDNLOAD_SYNC: 3,
  dfuDNBUSY: 4,
  dfuDNLOAD_IDLE: 5,
  dfuMANIFEST_SYNC: 6,
  dfuMANIFEST: 7,
  dfuMANIFEST_WAIT_RESET: 8,
  dfuUPLOAD_IDLE: 9,
  dfuERROR: 10,
} as const;

/** bStatus of DFU 1.1 §6.1.2. */
export const dfuStatus = {
  OK: 0x00,
  errTARGET: 0x01,
  errFILE: 0x02,
  errWRITE: 0x03,
  errERASE: 0x04,
  errCHECK_ERASED: 0x05,
  errPROG: 0x06,
  errVERIFY: 0x07,
  errADDRESS: 0x08,
  errNOTDONE: 0x09,
  errFIRMWARE: 0x0a,
  errVENDOR: 0x0b,
  errUSBR: 0x0c,
  errPOR: 0x0d,
  errUNKNOWN: 0x0e,
  errSTALLEDPKT: 0x0f,
} as const;

/** bmRequestType of class requests to an interface (DFU 1.1 §3). */
export const dfuRequestType = { out: 0x21, in: 0xa1 } as const;

/** DfuSe commands: first byte of a DNLOAD with wBlockNum 0 (AN3156 §4). */
export const dfuseCommand = { getCommands: 0x00, setAddressPointer: 0x21, erase: 0x41, readUnprotect: 0x92 } as const;

/** First wBlockNum that carries data; 0 is a command, 1 is reserved (AN3156 §4). */
export const firstDataBlock = 2;

/** bcdDFUVersion of a DfuSe device (UM0424). */
export const bcdDfuSe = 0x011a;
