// Before a program: the clock on the wall is off, as that of a computer without a battery. Time that passes is left alone.
const shift = Number(process.env.BOOTCTL_SHIFT ?? 0);
const Real = Date;
globalThis.Date = class ShiftedDate extends Real {
  constructor(...values) {
    if (values.length === 0) super(Real.now() + shift);
    else super(...values);
  }
  static now() {
    return Real.now() + shift;
  }
};
