import type { RecoverResult } from './job/events.ts';
import type { JobSpec } from './job/job-spec.ts';
import { runJob } from './run-job.ts';

/** Brings the target into its bootloader and leaves it there. */
export const enter = (spec: JobSpec): Promise<RecoverResult> => runJob(spec);
