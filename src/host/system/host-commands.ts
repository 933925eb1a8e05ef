import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { HostCommands } from '../../bench/host-commands.ts';
import { missingProgram, runProgram } from './run-program.ts';

const isWindows = process.platform === 'win32';

async function find(program: string): Promise<boolean> {
  const isPath = program.includes('/') || isAbsolute(program);
  const folders = isPath ? [''] : (process.env.PATH ?? '').split(delimiter);
  const endings = isWindows ? ['', '.exe', '.com'] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      const found = await access(join(folder, program + ending), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  }
  return false;
}

/** Programs of this host. */
export const nodeCommands: HostCommands = {
  async check(argv) {
    if (!(await find(argv[0]))) throw missingProgram(argv, 'there is no such program, or this user may not run it');
  },
  run: async (argv, timeout) => {
    await runProgram(argv, timeout);
  },
};
