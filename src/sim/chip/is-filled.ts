/** Whether bytes from `start` up to `end` all are `value`; a plain loop, because a guest's emulated processor makes the flash slow enough. */
export function isFilled(bytes: Uint8Array, start: number, end: number, value: number): boolean {
  for (let index = start; index < end; index++) if (bytes[index] !== value) return false;
  return true;
}
