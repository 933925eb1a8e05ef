import { join } from 'node:path';
import type { Login } from './join.ts';
import { LoginFiles } from './login-files.ts';

/** What `bootctl fleet join --worker` leaves at a computer with boards. */
export interface WorkerLogin extends Login {
  /** Address without user and password. */
  readonly database: string;
}

/** Beside the stations, which may have the same names. */
export const workerLogins = new LoginFiles<WorkerLogin>('worker', join('fleet', 'workers'));
