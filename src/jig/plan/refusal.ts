import { BootctlError } from '../../base/errors.ts';

const messageOf = (error: unknown): string => {
  if (error instanceof BootctlError || error instanceof RangeError) return error.message;
  throw error;
};

/** Why an attempt was refused; undefined where it was not. A bug is thrown on. */
export function refusalOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The same of work that takes its time. */
export async function lateRefusalOf(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
