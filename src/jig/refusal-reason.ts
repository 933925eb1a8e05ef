import { BootctlError, type BootctlErrorOptions, type ErrorCode } from '../base/errors.ts';

/**
 * Why what a person has asked for is not done. A closed set of codes with their parameters: the page says them in the language
 * of its operator.
 */
export type RefusalReason =
  | { readonly code: 'label-elsewhere'; readonly label: string; readonly slot: string }
  | { readonly code: 'label-foreign'; readonly label: string }
  | { readonly code: 'label-check-digit'; readonly label: string }
  /** It is empty, too long, or has control characters. */
  | { readonly code: 'label-unreadable' }
  | { readonly code: 'unit-still-in'; readonly slot: string }
  | { readonly code: 'many-wait'; readonly slots: string }
  | { readonly code: 'none-waits' }
  | { readonly code: 'slot-unknown'; readonly slot: string; readonly slots: string }
  | { readonly code: 'no-button' }
  | { readonly code: 'no-run'; readonly slot: string }
  | { readonly code: 'lead-needed' }
  | { readonly code: 'nothing-chosen' }
  | { readonly code: 'job-under-way' }
  | { readonly code: 'file-too-large' };

const codes: Readonly<Record<RefusalReason['code'], true>> = {
  ...{ 'label-elsewhere': true, 'label-foreign': true, 'label-check-digit': true, 'label-unreadable': true },
  ...{ 'unit-still-in': true, 'many-wait': true, 'none-waits': true, 'slot-unknown': true },
  ...{ 'no-button': true, 'no-run': true, 'lead-needed': true },
  ...{ 'nothing-chosen': true, 'job-under-way': true, 'file-too-large': true },
};

/** The reason goes along as the details of the error. */
export const refusedBy = (
  reason: RefusalReason,
  code: ErrorCode,
  message: string,
  options: Pick<BootctlErrorOptions, 'hint'> = {},
): BootctlError => new BootctlError(code, message, { ...options, details: { ...reason } });

/** Undefined of an error that has other details, or none. */
export const refusalReasonOf = ({ details }: BootctlError): RefusalReason | undefined =>
  Object.hasOwn(codes, String(details.code)) ? (details as unknown as RefusalReason) : undefined;
