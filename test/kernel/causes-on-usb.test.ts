import { causesOnUsb } from './cause-cases.ts';
import { causeTests } from './cause-tests.ts';

causeTests(causesOnUsb);
