/**
 * Where a job has left its target. `untouched`: no line was moved and nothing was asked; `application`: it was seen to
 * be reset with BOOT0 low or to leave its bootloader, and `application` of the result says what was seen then; `bootloader`: it was
 * entered and stays there; `unknown`: lines have moved or its application was asked, and nothing has shown what came of it.
 */
export type TargetState = 'untouched' | 'application' | 'bootloader' | 'unknown';
