import { catalog } from '../../base/error-catalog/catalog.ts';
import type { ErrorKind } from '../../base/error-catalog/row.ts';
import type { WordKey } from './en.ts';

export type Advice = Extract<WordKey, `advice.${string}`>;

/** What the operator does after a failure of this kind, where its code says nothing more. */
const ofKind: Readonly<Record<ErrorKind, Advice>> = {
  internal: 'advice.broken',
  usage: 'advice.set-up',
  adapter: 'advice.adapter',
  entry: 'advice.boot-pin',
  protocol: 'advice.once-more',
  protection: 'advice.protected',
  verify: 'advice.bad-unit',
  application: 'advice.no-start',
  aborted: 'advice.stopped',
};

/** Codes that ask for something else than their kind does. */
const ofCode: Readonly<Record<string, Advice>> = {
  'adapter-busy': 'advice.in-use',
  'adapter-denied': 'advice.rights',
  'adapter-lines-unsupported': 'advice.set-up',
  'adapter-format-unsupported': 'advice.set-up',
  'adapter-unknown': 'advice.set-up',
  'adapter-ambiguous': 'advice.set-up',
  'adapter-too-slow': 'advice.too-slow',
  'gpio-missing': 'advice.set-up',
  'gpio-busy': 'advice.in-use',
  'gpio-denied': 'advice.rights',
  'gpio-unavailable': 'advice.set-up',
  'port-power-denied': 'advice.rights',
  'port-power-failed': 'advice.set-up',
  'port-power-unavailable': 'advice.set-up',
  'command-missing': 'advice.set-up',
  'command-failed': 'advice.set-up',
  'command-timeout': 'advice.set-up',
  'usb-denied': 'advice.rights',
  'usb-busy': 'advice.in-use',
  'usb-driver-missing': 'advice.set-up',
  'usb-unavailable': 'advice.set-up',
  'host-not-ready': 'advice.set-up',
  'kernel-bench-unavailable': 'advice.set-up',
  'dfu-not-seen': 'advice.contact',
  'usart-no-sync': 'advice.contact',
  'bootloader-absent': 'advice.contact',
  'application-port-missing': 'advice.contact',
  'window-missed': 'advice.too-slow',
  'dfu-ambiguous': 'advice.two-units',
  'dfu-unproven': 'advice.two-units',
  'application-port-ambiguous': 'advice.two-units',
  'application-unproven': 'advice.two-units',
  'application-port-unusable': 'advice.in-use',
  'application-silent': 'advice.once-more',
  'nobody-to-ask': 'advice.set-up',
  'method-unavailable': 'advice.set-up',
  'calibration-unclear': 'advice.contact',
  'wiring-unknown': 'advice.set-up',
  'target-unexpected': 'advice.wrong-unit',
  'target-unknown': 'advice.wrong-unit',
  'target-lost': 'advice.contact',
  'usb-timeout': 'advice.contact',
  'dfu-malformed': 'advice.wrong-unit',
  'erase-ineffective': 'advice.wrong-unit',
  'memory-unknown': 'advice.wrong-unit',
  'flash-unreadable': 'advice.bad-unit',
  'image-differs': 'advice.set-up',
  'records-unwritable': 'advice.records',
  'records-damaged': 'advice.records',
  'records-mixed': 'advice.records',
  'records-newer': 'advice.records',
  'records-missing': 'advice.records',
  'unit-refused': 'advice.refused',
  'numbers-used-up': 'advice.lot-done',
  'lot-complete': 'advice.lot-done',
  'lot-unverified': 'advice.set-up',
  'slot-lost': 'advice.once-more',
  'step-failed': 'advice.test-failed',
  'limit-missed': 'advice.limit',
  // What a station says of a run beside these.
  limit: 'advice.limit',
  interrupted: 'advice.once-more',
};

/** What the operator does after a failure with this code; a code that nobody knows is a failure of bootctl. */
export function adviceOf(code: string): Advice {
  if (Object.hasOwn(ofCode, code)) return ofCode[code]!;
  return Object.hasOwn(catalog, code) ? ofKind[catalog[code as keyof typeof catalog].kind] : ofKind.internal;
}

/** The codes of the table above, for its test. */
export const codesWithAdvice = Object.keys(ofCode);
