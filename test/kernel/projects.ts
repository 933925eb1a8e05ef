import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { uml } from './guest/uml/uml.ts';

/** Project of vitest in which the few cases that run on both engines run in QEMU. */
export const casesOnBoth = 'kernel-qemu';

/** As many files at once as there can be guests; one more starts its worker meanwhile. */
export const workers = uml.guestsOn(availableParallelism()) + 1;

/** Files with the longest chains of cases, which would else be what the others wait for at the end. */
const longest = [
  'sigkill',
  'sigint',
  'usart',
  'adapters',
  'soft-jumps',
  'wirings',
  'causes-on-usb',
  'causes-on-board',
  'hosts',
  'jig-run',
  'roms',
  'network',
];

/** Starts the longest files first, whatever an earlier run took. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const rank = longest.indexOf(basename(moduleId, '.test.ts'));
      return rank < 0 ? longest.length : rank;
    };
    return files.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
