import { describe, expect, test } from 'vitest';
import { runJsonCommand } from '../../src/host/system/json-command.ts';
import { commandAnswer } from '../../src/jig/slot/command-answer.ts';
import type { StepWork } from '../../src/jig/slot/slot-server.ts';
import { type RunJson, stepRunner } from '../../src/jig/slot/steps.ts';

const unit = { run: 'r1', slot: 'A1', lot: 'L1', serial: 'SN1', number: 1, attempt: 1 };
const work = {
  job: { type: 'job', unit, patches: [], before: [], after: [], scenario: undefined },
  setup: { simulated: undefined },
  result: undefined,
  signal: new AbortController().signal,
} as unknown as StepWork;

const runs = (command: readonly string[], runJson: RunJson = runJsonCommand, timeout = 5_000) =>
  stepRunner(runJson)({ name: 'self-test', command, timeout }, work);

const node = (script: string) => [process.execPath, '-e', script];

describe('a program as a step', () => {
  test('gets the unit as JSON, and says what it has measured', async () => {
    const echo = node(
      'let t="";process.stdin.on("data",(d)=>t+=d).on("end",()=>{const u=JSON.parse(t);console.log(JSON.stringify({measurements:{number:u.number,[u.step]:{value:2.5,unit:u.serial}}}))})',
    );
    expect(await runs(echo)).toEqual([
      { name: 'number', value: 1, unit: '' },
      { name: 'self-test', value: 2.5, unit: 'SN1' },
    ]);
  });

  test('that says nothing is content', async () => {
    expect(await runs(node(''))).toEqual([]);
  });

  test.each([
    { name: 'that ends with another status', script: 'console.error("no 5 V");process.exit(3)', says: 'no 5 V' },
    {
      name: 'that says no',
      script: 'console.log(JSON.stringify({ok:false,reason:"LED is dark"}))',
      says: 'LED is dark',
    },
    { name: 'that prints something else', script: 'console.log("fine")', says: 'no JSON' },
    { name: 'that is killed', script: 'process.kill(process.pid,"SIGKILL")', says: 'SIGKILL' },
  ])('$name has found the unit bad', async ({ script, says }) => {
    await expect(runs(node(script))).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringContaining(says),
    });
  });

  test('that does not end is stopped', async () => {
    await expect(runs(node('setInterval(()=>{},1000)'), runJsonCommand, 200)).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringContaining('0.20 s'),
    });
  });

  test('that is not there is the error of the station', async () => {
    await expect(runs(['/nowhere/self-test'])).rejects.toMatchObject({ code: 'command-missing' });
  });

  test('that leaves a program running, which holds its output open, has ended when it ends itself', async () => {
    const leaves = `const { spawn } = require('node:child_process');
      const left = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30_000)'], { stdio: 'inherit', detached: true });
      console.log(JSON.stringify({ measurements: { left: left.pid } }));
      left.unref();`;
    const figures = await runs(node(leaves));
    expect(figures).toEqual([{ name: 'left', value: expect.any(Number), unit: '' }]);
    process.kill(figures[0]!.value);
  });

  test('is stopped with its job', async () => {
    const controller = new AbortController();
    const ended = runJsonCommand(node('setInterval(()=>{},1000)'), {}, 60_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(ended).rejects.toThrow('enough');
  });
});

test.each([
  { text: '', answer: { isOk: true, figures: [] } },
  { text: '{}', answer: { isOk: true, figures: [] } },
  { text: '{"ok":true,"measurements":{"v":1}}', answer: { isOk: true, figures: [{ name: 'v', value: 1, unit: '' }] } },
  { text: '{"ok":false}', answer: { isOk: false, reason: undefined } },
])('$text', ({ text, answer }) => {
  expect(commandAnswer(text)).toMatchObject(answer);
});

test.each([
  '[]',
  '1',
  '{"ok":1}',
  '{"measurements":[]}',
  '{"measurements":{"v":"3"}}',
  '{"measurements":{"v":{"value":1,"unit":2}}}',
])('%s is no answer', (text) => {
  expect(() => commandAnswer(text)).toThrow(expect.objectContaining({ code: 'step-failed' }));
});
