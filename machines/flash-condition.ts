/** The state of the target's flash as far as the job has seen it. All but `untouched` and `verified` need a person's attention. */
export type FlashCondition =
  | 'untouched'
  | 'erased'
  | 'erased, not checked'
  | 'erased in part'
  | 'written in part'
  | 'written, not verified'
  | 'verified'
  | 'differs';
