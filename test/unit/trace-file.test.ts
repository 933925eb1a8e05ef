import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { BootctlError, ErrorCode } from '../../src/base/errors.ts';
import { guardedSink, type TraceEvent } from '../../src/trace/trace-event.ts';
import { parseTrace, readTrace } from '../../src/trace/trace-file.ts';
import { createTrace } from '../../src/trace/trace-writer.ts';
import { header } from '../helpers/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'bootctl-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

const events: readonly TraceEvent[] = [
  { event: 'lines.edge', t: 10.0004, end: 12, port: '/dev/ttyUSB0', rts: 'asserted', dtr: 'released' },
  { event: 'usb.control', t: 20, end: 21, path: '1-2', setup: 'a103000000000600', data: '000000000200' },
  {
    event: 'machine.state',
    t: 21,
    machine: 'flash',
    state: 'failed',
    cause: 'error',
    error: { code: 'aborted', message: 'x' },
  },
];
const written = [JSON.stringify(header), ...events.map((event) => JSON.stringify(event))];
const text = `${written.join('\n')}\n`;

const refusal = (content: string): Pick<BootctlError, 'code' | 'message' | 'exitStatus'> => {
  try {
    parseTrace(content, 'a.trace');
  } catch (error) {
    return error as BootctlError;
  }
  throw new Error('was not refused');
};

describe('a file that cannot be read as a trace', () => {
  test.each([
    { content: '', problem: 'the file is empty' },
    { content: '{"trace":"boot', problem: 'line 1: the header is cut off' },
    { content: ':10000000000002\n', problem: 'line 1: not JSON' },
    { content: '{"event":"result"}\n', problem: 'line 1: not the header of a bootctl trace' },
    {
      content: '{"trace":"bootctl","version":2}\n',
      problem: 'line 1: format version 2, and this version of bootctl reads 1',
    },
    { content: '{"trace":"bootctl","version":1}\n', problem: 'line 1: bootctl: ' },
    { content: `${written[0]}\n\n`, problem: 'line 2: not JSON' },
    { content: `${text}{"event":"lines.edge","t":1}\n`, problem: 'line 5: end: ' },
    { content: `${text}{"event":"coffee","t":1}\n`, problem: 'line 5: event: ' },
    { content: text.replace('"data":"0000', '"data":"0x00'), problem: 'line 3: data: is not lower-case hex' },
    { content: text.replace('"t":20,', ''), problem: 'line 3: t: ' },
    { content: `${text}1\n2\n3\n4\n5\n6\n7\n`, problem: 'line 9: ' },
    { content: `${text}1\n2\n3\n4\n5\n6\n7\n`, problem: '; and 2 more' },
  ])('says $problem', ({ content, problem }) => {
    const { code, message, exitStatus } = refusal(content);
    expect(code).toBe('trace-malformed' satisfies ErrorCode);
    expect(message).toContain('a.trace');
    expect(message).toContain(problem);
    expect(exitStatus).toBe(2);
  });

  test('does not exist', async () => {
    const code: ErrorCode = 'trace-unreadable';
    await expect(readTrace(path('none'), 'none')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('ENOENT'),
    });
  });
});

test('a trace that is cut at any byte after its header keeps all lines that are whole', () => {
  const first = written[0]!.length;
  for (let length = first; length <= text.length; length++) {
    const { events: found, isCut } = parseTrace(text.slice(0, length), 'cut');
    const whole = [0, 1, 2, 3].filter((n) => length >= written.slice(0, n + 1).join('\n').length).length - 1;
    expect(found).toEqual(events.slice(0, whole));
    const ends = [0, 1, 2, 3].flatMap((n) => [
      written.slice(0, n + 1).join('\n').length,
      written.slice(0, n + 1).join('\n').length + 1,
    ]);
    expect(isCut).toBe(!ends.includes(length));
  }
});

describe('writing', () => {
  const never = (error: Error) => {
    throw error;
  };

  test('gives what reading takes, with times from the start and in whole microseconds', async () => {
    const file = path('a.trace');
    {
      await using writer = await createTrace(file, 'a.trace', never);
      const { trace, version, clock, ...rest } = header;
      writer.start(rest, 5);
      for (const event of events) writer.add(event);
    }
    expect(await readTrace(file)).toEqual({
      header,
      isCut: false,
      events: [
        { ...events[0], t: 5, end: 7 },
        { ...events[1], t: 15, end: 16 },
        { ...events[2], t: 16 },
      ],
    });
  });

  test('replaces an older trace, and an empty file', async () => {
    const file = path('old.trace');
    for (const old of [text, '']) {
      writeFileSync(file, old);
      await (await createTrace(file, 'old.trace', never))[Symbol.asyncDispose]();
      expect(readFileSync(file, 'utf8')).toBe('');
    }
  });

  test.each([
    { name: 'firmware.hex', message: 'firmware.hex exists and is not a trace' },
    { name: 'no/such/folder', message: 'ENOENT' },
    { name: '.', message: 'EISDIR' },
  ])('$name is refused', async ({ name, message }) => {
    writeFileSync(path('firmware.hex'), ':00000001FF\n');
    const code: ErrorCode = 'trace-unwritable';
    await expect(createTrace(path(name), name, never)).rejects.toMatchObject({
      code,
      exitStatus: 2,
      message: expect.stringContaining(message),
    });
    expect(readFileSync(path('firmware.hex'), 'utf8')).toBe(':00000001FF\n');
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is told once, and nothing else happens', async () => {
    const onFailure = vi.fn();
    const writer = await createTrace('/dev/full', '/dev/full', onFailure);
    for (let n = 0; n < 3; n++) {
      writer.add(events[0]!);
      await vi.waitUntil(() => onFailure.mock.calls.length > 0);
    }
    await writer[Symbol.asyncDispose]();
    expect(onFailure.mock.calls).toEqual([[expect.objectContaining({ code: 'ENOSPC' })]]);
  });
});

test('a sink that throws is dropped for good, and its reason is told once', () => {
  const sink = vi.fn((event: TraceEvent) => {
    if (event.t > 15) throw new Error('full');
  });
  const onDropped = vi.fn();
  const guarded = guardedSink(sink, onDropped);
  for (const event of [...events, ...events]) guarded(event);
  expect(sink).toHaveBeenCalledTimes(2);
  expect(onDropped.mock.calls).toEqual([[new Error('full')]]);
});
