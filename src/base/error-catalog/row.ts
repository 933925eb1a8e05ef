/**
 * What the boot entry may do after this error. `same-rung` repeats what was just tried, `next-rung` changes a time,
 * `next-method` changes the method. A bootloader that appeared and did not answer properly is worth another reset.
 */
export type Recovery = 'same-rung' | 'next-rung' | 'next-method' | 'stop';

/** What kind of failure an error is; decides the exit status. */
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

/** What is known of a failure by its code; what may follow it stands here and nowhere else. */
export interface CatalogRow {
  readonly kind: ErrorKind;
  readonly recovery: Recovery;
  /** The work on the flash may be tried a second time, more carefully. */
  readonly secondTry?: true;
  /** The target cannot be reached any more: a new boot entry may bring it back, and the work goes on. */
  readonly reentry?: true;
  /**
   * A read of flash that a power cut has torn (a double ECC error) fails like this. The ROM is `gone`: it hangs or has
   * reset, and has to be entered again. Or it is still `there`, and has refused.
   */
  readonly tornRead?: 'gone' | 'there';
  /**
   * How the target answered the request that failed: it refused it and is still there, or it did not answer. Absent where
   * the failure is not that of one request.
   */
  readonly answer?: 'refused' | 'none';
  /** The USB transfer itself failed: the ROM may have none, or a part, of what was sent. */
  readonly brokenTransfer?: true;
  /** The DFU state machine is stuck: a USB reset may free it, without NRST. */
  readonly usbReset?: true;
  /** Opening a USB device that has just appeared may fail like this for a moment: until udev has set its rights. */
  readonly opensLater?: true;
  /** An erase that failed like this has changed nothing in its sector. */
  readonly inVain?: true;
  /** The application that was asked for its bootloader, or reset, was seen to run: nothing has to bring it back. */
  readonly applicationRuns?: true;
  /** It is met only after the lines have moved: nobody knows then where the target is. */
  readonly hasMoved?: true;
  /** One sentence that the person at the board can act on. */
  readonly hint: string;
}
