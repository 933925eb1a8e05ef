import { interruptedBy } from './interrupted.ts';

interruptedBy('SIGINT');
