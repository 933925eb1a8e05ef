import type { Milliseconds } from '../../base/units.ts';
import type { Conversation, Outcome } from './conversation.ts';
import { converse } from './conversation.ts';
import type { Trigger } from './trigger.ts';

const defaultBaudRate = 115_200;
const patience: Milliseconds = 2_000;
/** The CLI opens on a `#` that 100 ms of silence follow (msp_serial.c). */
const cliTimeout: Milliseconds = 1_000;

const MSP_REBOOT = 68;
const MSP_REBOOT_BOOTLOADER_ROM = 1;

/** MSP v1 to the flight controller: `$M<`, payload size, command, payload, XOR from the size on. */
function mspRequest(command: number, ...payload: readonly number[]): string {
  const body = [payload.length, command, ...payload];
  return `$M<${String.fromCharCode(
    ...body,
    body.reduce((sum, byte) => sum ^ byte, 0),
  )}`;
}
/** The mode is echoed (msp.c). INAV echoes nothing and only restarts its application. */
const mspAccepted = '$M>\x01D\x01';
/** An error frame; or the printable bytes of the request, which a CLI that somebody has left open echoes (cli.c). */
const mspRefused = /\$M(!|<DD)/;

/** `bl` takes `rom` where a board also has a bootloader in flash; INAV has `dfu`. */
const cliCommands = ['bl rom', 'dfu'] as const;
const cliPrompt = /# $/;
const cliAccepted = /rebooting|restarting/i;
const cliRefused = /unknown command|invalid option/i;

/** Asks by MSP for a reboot into the ROM; where that is refused, by the CLI. */
export const betaflight: Trigger<'betaflight'> = (jump, context) =>
  converse(jump, jump.baudRate ?? defaultBaudRate, context, async (controller) => {
    const answers = { accepted: mspAccepted, refused: mspRefused, patience };
    const outcome = await controller.ask(mspRequest(MSP_REBOOT, MSP_REBOOT_BOOTLOADER_ROM), answers);
    return outcome === 'leaving' ? outcome : askCli(controller);
  });

async function askCli(controller: Conversation): Promise<Outcome> {
  await controller.say('#');
  if (!(await controller.hear(cliPrompt, cliTimeout))) {
    // An open CLI has taken all of this for a line, and prompts again at its end; MSP does not listen to it.
    await controller.say('\r\n');
    if (!(await controller.hear(cliPrompt, cliTimeout))) return 'refused';
  }
  for (const command of cliCommands) {
    const answers = { accepted: cliAccepted, refused: cliRefused, patience };
    if ((await controller.ask(`${command}\r\n`, answers)) === 'leaving') return 'leaving';
  }
  return 'refused';
}
