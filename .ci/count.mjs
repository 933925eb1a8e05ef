// Counts of a JSON report of vitest: passed, failed, not run, passed only at the second try. Arguments: the report, and the
// exit status of the run, whose failure counts also where no test is to blame, as does a run without a test.
import { existsSync, readFileSync } from 'node:fs';

const [report, exitStatus] = process.argv.slice(2);
const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
const tests = files.flatMap(({ assertionResults }) => assertionResults);
const passed = tests.filter(({ status }) => status === 'passed');
const again = passed.filter(({ failureMessages }) => failureMessages.length > 0);
const failedTests = tests.filter(({ status }) => status === 'failed').length;
const failedFiles = files.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((one) => one.status === 'failed'),
).length;
const failed = failedTests + failedFiles;
const isWhole = exitStatus === '0' && passed.length > 0;
const skipped = tests.length - passed.length - failedTests;
for (const { fullName } of again) process.stderr.write(`== only at the second try: ${fullName}\n`);
process.stdout.write(`${passed.length} ${failed > 0 || isWhole ? failed : 1} ${skipped} ${again.length}\n`);
