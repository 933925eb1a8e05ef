/**
 * What the boot entry may do after this error. `same-rung` repeats what was just tried, `next-rung` changes a time,
 * `next-method` changes the method. A bootloader that appeared and did not answer properly is worth another reset.
 */
export type Recovery = 'same-rung' | 'next-rung' | 'next-method' | 'stop';

/** Kind of a failure. It decides the exit status. */
export type ErrorKind =
  | 'internal'
  | 'usage'
  | 'adapter'
  | 'entry'
  | 'protocol'
  | 'protection'
  | 'verify'
  | 'application'
  | 'aborted';

/** Facts that follow from a failure's code. Only these rows decide what may follow a failure. */
export interface CatalogRow {
  readonly kind: ErrorKind;
  readonly recovery: Recovery;
  /** The work on the flash may be tried a second time, more carefully. */
  readonly secondTry?: true;
  /** The target no longer answers. A new boot entry may bring it back, and then the work continues. */
  readonly reentry?: true;
  /**
   * A read of flash that a power cut left half programmed (a double ECC error) fails like this. `gone`: the ROM hangs
   * or has reset, and has to be entered again. `there`: the ROM refused the read and still runs.
   */
  readonly tornRead?: 'gone' | 'there';
  /**
   * How the target answered the request that failed. `refused`: it refused the request and still runs. `none`: it did
   * not answer. Absent if the failure does not belong to a single request.
   */
  readonly answer?: 'refused' | 'none';
  /** The USB transfer itself failed. The ROM may have received nothing, or only a part. */
  readonly brokenTransfer?: true;
  /** The DFU state machine is stuck: a USB reset may free it, without NRST. */
  readonly usbReset?: true;
  /** Opening a USB device that has just appeared may fail like this until udev has set its permissions. */
  readonly opensLater?: true;
  /** An erase that failed like this has changed nothing in its sector. */
  readonly inVain?: true;
  /** The application was seen running after it was reset or asked for its bootloader. It needs no restart. */
  readonly applicationRuns?: true;
  /** It occurs only after the lines have moved. The state of the target is then unknown. */
  readonly hasMoved?: true;
  /** One sentence that the person at the board can act on. */
  readonly hint: string;
}
