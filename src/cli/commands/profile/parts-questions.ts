import { parseQuantity, type QuantityName, quantityAllowed } from '../../../base/quantity.ts';
import type { RcParts } from '../../../board/interview/board-draft.ts';
import { partsOfTime, timeRange } from '../../../board/interview/parts-of-time.ts';
import type { Prompter } from '../../ask/prompter.ts';

/** Parts of the reference circuit, hardware/circuits/rc-cap.md. */
const reference: RcParts = { chargeResistor: '1k', capacitor: '4.7uF', bleedResistor: '47k' };
/** 47 kΩ and 4.7 µF. */
const referenceTime = '221ms';

/** What is wrong with a value; nothing where it is one above zero. */
export const quantityTrouble =
  (kind: QuantityName) =>
  (text: string): string | undefined => {
    try {
      return parseQuantity(text, kind) > 0 ? undefined : `${quantityAllowed(kind)}, above zero`;
    } catch {
      return quantityAllowed(kind);
    }
  };

function timeTrouble(text: string): string | undefined {
  const wrong = quantityTrouble('time')(text);
  if (wrong !== undefined) return wrong;
  const time = parseQuantity(text, 'time');
  return time >= timeRange.least && time <= timeRange.most
    ? undefined
    : `a time from ${timeRange.least}ms to ${timeRange.most / 1000}s`;
}

/** The RC circuit on BOOT0: all parts, or only what R times C is. */
export async function askParts(prompter: Prompter): Promise<RcParts> {
  const how = await prompter.choose({
    id: 'parts',
    message: 'What is known of the parts on BOOT0?',
    choices: [
      { value: 'reference', label: `those of the reference circuit: 1 kΩ, 4.7 µF, 47 kΩ` },
      { value: 'parts', label: 'their values' },
      { value: 'time', label: 'only the time constant, R times C: matching parts are chosen' },
    ],
  });
  if (how === 'reference') return reference;
  if (how === 'time') return fromTime(prompter);
  const ask = (id: keyof RcParts, message: string, kind: QuantityName) =>
    prompter.type({ id, message, usual: reference[id] ?? '', check: quantityTrouble(kind) });
  const chargeResistor = await ask('chargeResistor', 'Resistor between the line and BOOT0', 'resistance');
  const capacitor = await ask('capacitor', 'Capacitor from BOOT0 to ground', 'capacitance');
  const bleedResistor = await ask('bleedResistor', 'Resistor from BOOT0 to ground', 'resistance');
  const boardPullDown = await prompter.type({
    id: 'boardPullDown',
    message: 'Resistor of the board itself from BOOT0 to ground, such as 10k; none: nothing',
    usual: 'none',
    check: (text) => (text === 'none' ? undefined : quantityTrouble('resistance')(text)),
  });
  return { chargeResistor, capacitor, bleedResistor, ...(boardPullDown !== 'none' && { boardPullDown }) };
}

async function fromTime(prompter: Prompter): Promise<RcParts> {
  const time = await prompter.type({
    id: 'time',
    message: 'R times C of the capacitor on BOOT0 and its resistor to ground, such as 221ms',
    usual: referenceTime,
    check: timeTrouble,
  });
  const parts = partsOfTime(parseQuantity(time, 'time'));
  prompter.say(
    `${parts.bleedResistor} and ${parts.capacitor} stand for it in the profile; what is on the board may differ.`,
  );
  return { chargeResistor: reference.chargeResistor, ...parts, fromTime: `R times C is ${time}` };
}
