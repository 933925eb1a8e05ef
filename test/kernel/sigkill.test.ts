import { interruptedBy } from './interrupted.ts';

interruptedBy('SIGKILL');
