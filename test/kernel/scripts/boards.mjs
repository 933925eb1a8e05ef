// Jobs side by side in this process. Argument: a JSON file with `jobs`, each { serialNumber, usbPath?, image, abortAfter? },
// and `profile`. Prints their results, and what they cost this process.
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { nodeBench } from '../../../dist/src/host/node-bench.js';
import { loadProfile, recover } from '../../../dist/src/index.js';

const { profile: id, jobs } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
let transfers = 0;
/** Bytes of time that they take on a wire of full speed. */
let wireBytes = 0;

/**
 * A control transfer has 45 bytes of time beside the data of its first packet (USB 2.0 table 5-2), each further packet of 64 bytes
 * 13, as a bulk transaction has (table 5-9).
 */
const wireBytesOf = (data) => 45 + data + 13 * Math.max(0, Math.ceil(data / 64) - 1);

/** This computer; control transfers are counted. */
function countingBench() {
  const bench = nodeBench();
  const count = (data) => {
    transfers++;
    wireBytes += wireBytesOf(data);
  };
  const counted = (device) =>
    new Proxy(device, {
      get(target, name) {
        const value = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name === 'controlOut')
          return (request, data, ...more) => {
            count(data.length);
            return value.call(target, request, data, ...more);
          };
        if (name === 'controlIn')
          return async (...request) => {
            const data = await value.apply(target, request);
            count(data.length);
            return data;
          };
        return value.bind(target);
      },
    });
  return { ...bench, usb: { ...bench.usb, open: async (info) => counted(await bench.usb.open(info)) } };
}

async function run({ serialNumber, usbPath, image, abortAfter }) {
  const base = loadProfile(id);
  const usb = usbPath === undefined ? base.usb : { ...base.usb, path: usbPath };
  const signal = abortAfter === undefined ? undefined : AbortSignal.timeout(abortAfter);
  const began = performance.now();
  const result = await recover({
    profile: { ...base, adapter: { ...base.adapter, serialNumber }, usb },
    image,
    address: 0x0800_0000,
    bench: countingBench(),
    ...(signal ? { signal } : {}),
  });
  const { ok, error, attempts, durations, verified, application } = result;
  const span = { began, ended: performance.now() };
  return {
    ok,
    code: error?.code ?? null,
    message: error?.message ?? null,
    attempts,
    durations,
    verified,
    application,
    ...span,
  };
}

const delays = monitorEventLoopDelay({ resolution: 1 });
const warnings = [];
process.on('warning', ({ name, message }) => warnings.push(`${name}: ${message}`));
delays.enable();
const before = process.cpuUsage();
const began = performance.now();
const results = await Promise.all(jobs.map(run));
const wall = performance.now() - began;
const { user, system } = process.cpuUsage(before);
delays.disable();
const pause = { longest: delays.max / 1e6, p99: delays.percentile(99) / 1e6, median: delays.percentile(50) / 1e6 };
console.log(JSON.stringify({ wall, cpu: (user + system) / 1e3, pause, transfers, wireBytes, warnings, results }));
process.exit();
