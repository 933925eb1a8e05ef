/** What is known of the target's flash at the end of a job; anything but `untouched` and `verified` needs the person's attention. */
export type FlashCondition =
  | 'untouched'
  | 'erased'
  | 'erased, not checked'
  | 'erased in part'
  | 'written in part'
  | 'written, not verified'
  | 'verified'
  | 'differs';
