#!/usr/bin/env node
/*
 * Runs one command in the guest, on this machine's own file system, with emulated devices plugged in:
 *
 *   node test/kernel/guest/try.mjs --adapter ft232r --truth -- node /some/script.mjs
 *
 *   --adapter CHIP   ft232r, cp2102, ch340, pl2303, cdc-acm, cdc-acm-no-break; may be repeated
 *   --target SCENARIO  a board on the first adapter, as `bootctl simulate` lists them: crashed, healthy, dfu-error, …
 *   --profile ID     built-in profile that describes it; rc-cap without this
 *   --stranger       a device 0483:df11 that enumerates and stalls every class request
 *   --no-udevd       no udevd in the guest
 *   --uid N          run the command as this user (65534 is nobody)
 *   --truth          print the truth log afterwards, one JSON line an event
 *   --dmesg          print the kernel's messages afterwards
 *
 * The command sees the host's files read-only, bin, dist, hardware and node_modules of this repository as they were when the
 * guest booted and without what is only for development; /tmp and /run are its own. BENCH_TTY is the first adapter's port.
 * A script may work the bench itself: `import { bench } from '<repository>/test/kernel/guest/bench.mjs'`.
 * BOOTCTL_GUEST chooses the engine, uml or qemu. The console goes to build/kernel/console-ENGINE-1.log.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../../..');
try {
  execFileSync(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', 'test/kernel'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
} catch (error) {
  // Type errors do not keep a trial from running: tsc has written its output.
  process.stderr.write(error.stdout);
}
const { tryCommand } = await import(join(repository, 'build/kernel/js/test/kernel/guest/try.js'));
process.exitCode = await tryCommand(process.argv.slice(2));
