import type { BootctlError } from '../src/base/errors.ts';

/**
 * How an erase fails that has changed nothing: a readout-protected target refuses the very first one, a write-protected
 * sector takes it and stays as it is.
 */
export const hasChangedNothing = ({ code, details }: BootctlError): boolean =>
  code === 'readout-protected' || details.changed === 'nothing';
