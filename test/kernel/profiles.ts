import { parseProfile } from '../../src/board/profile/parse-profile.ts';
import type { BoardProfile } from '../../src/board/profile.ts';
import { writeGuestFile } from './kernel-test.ts';
import { type CaseProfile, changed } from './profile-text.ts';

export { type CaseProfile, changed };

/** The profile's file in the guest, for `--profile`. */
export async function giveProfile({ id, text }: CaseProfile): Promise<string> {
  const path = `/tmp/${id}.yaml`;
  await writeGuestFile(path, text);
  return path;
}

const application = 'application: { expect: usb, vendorId: "0483", productId: "5740", timeout: 8s }';

/** An emulated guest is no real-time host: with ten times the capacitor it keeps every hold window, even under load. */
const largeCapacitor = ['capacitor: 4.7uF', 'capacitor: 47uF'] as const;
export const seen = ['application: { expect: none }', application] as const;

/** The built-in wirings, and turned round ones. `method` is how each gets in. */
export const wirings: readonly (CaseProfile & { readonly method: string })[] = [
  { ...changed('large-rc-cap', 'rc-cap', [['id: rc-cap', 'id: large-rc-cap'], largeCapacitor]), method: 'rc-cap' },
  { ...changed('seen-two-line', 'two-line', [['id: two-line', 'id: seen-two-line'], seen]), method: 'lines' },
  {
    ...changed('large-cross-coupled', 'cross-coupled', [
      ['id: cross-coupled', 'id: large-cross-coupled'],
      largeCapacitor,
      seen,
    ]),
    method: 'rc-cap',
  },
  {
    ...changed('swapped', 'two-line', [
      ['id: two-line', 'id: swapped'],
      ['nrst: { line: rts', 'nrst: { line: dtr'],
      ['boot0: { line: dtr', 'boot0: { line: rts'],
      seen,
    ]),
    method: 'lines',
  },
  {
    ...changed('inverted', 'two-line', [
      ['id: two-line', 'id: inverted'],
      ['boot0: { line: dtr, asserted: 1 }', 'boot0: { line: dtr, asserted: 0 }\n  idleEntersBootloader: accepted'],
      seen,
    ]),
    method: 'lines',
  },
];

export const profileOf = ({ id, text }: CaseProfile): BoardProfile => parseProfile(text, `${id}.yaml`);

/** The built-in profile, for the board at this USB path only and for the adapter with this serial number. */
export function placed(id: string, from: string, usbPath: string, serialNumber: string): CaseProfile {
  const added = `\nusb: { path: "${usbPath}" }\nadapter: { serialNumber: ${serialNumber} }\n`;
  const { text } = changed(id, from, [[`id: ${from}`, `id: ${id}`]]);
  return { id, text: `${text}${added}` };
}
