/** Project of vitest in which the few cases that run on both engines run in QEMU. */
export const casesOnBoth = 'kernel-qemu';
