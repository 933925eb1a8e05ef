import type { BootctlError } from '../src/base/errors.ts';
import type { FlashCondition } from './flash-condition.ts';

/** What a ROM can be asked to lift, by the error that meets it. */
export type Protection = 'readout-protected' | 'write-protected';

interface Unprotected {
  /** What has been lifted. */
  readonly unprotected: readonly Protection[];
  readonly flash: FlashCondition;
}

const isProtection = (code: string): code is Protection => code === 'readout-protected' || code === 'write-protected';

/** Each once: a target that is protected again after that is a riddle, not a job. */
export const canUnprotect = ({ unprotected }: Unprotected, { code, details }: BootctlError): boolean =>
  isProtection(code) && details.removable !== 'no' && !unprotected.includes(code);

/** Lifting readout protection erases the whole flash; lifting write protection changes nothing in it. */
export const unprotectedBy = ({ unprotected, flash }: Unprotected, { code }: BootctlError): Unprotected => ({
  unprotected: isProtection(code) ? [...unprotected, code] : unprotected,
  flash: code === 'readout-protected' ? 'erased in part' : flash,
});
