import { expect, test } from 'vitest';
import { An3155Client } from '../../src/protocol/an3155/client.ts';
import { SimClock } from '../../src/sim/sim-clock.ts';
import { type LinkAnswer, ScriptedLink } from '../helpers/scripted-link.ts';

/** A ROM that a person may start any time is called on, whatever the application says meanwhile. */
function bench(...answers: LinkAnswer[]) {
  const clock = new SimClock();
  const link = new ScriptedLink(clock, answers);
  return { clock, link, rom: new An3155Client(link, clock) };
}
const persistent = { baudRate: 115_200, patience: 60_000, isPersistent: true };

test('a banner, a lone 0x79 and another rate do not end the wait: the ROM does', async () => {
  // The `y` is 0x79: what follows decides whether it was an ACK.
  const { link, rom } = bench(
    { text: 'ready\r\n' },
    { text: 'y' },
    undefined,
    undefined,
    'e0 83',
    '79',
    undefined,
    '1f',
  );
  await rom.sync(persistent);
  expect(link.written).toEqual(Array(8).fill('7f'));
});

test('with the time over, what was heard is said', async () => {
  const { clock, rom } = bench(...Array<LinkAnswer>(20).fill({ text: 'tick' }));
  await expect(rom.sync({ ...persistent, patience: 500 })).rejects.toMatchObject({
    code: 'usart-no-sync',
    message: expect.stringMatching(/answered by 74 69 63 6B/),
  });
  expect(clock.now()).toBeGreaterThanOrEqual(500);
});

test('the time that a person was given is told in seconds', async () => {
  await expect(bench().rom.sync({ ...persistent, patience: 120_000 })).rejects.toMatchObject({
    message: 'No answer to 0x7F at 115200 baud within 120 s',
  });
});
