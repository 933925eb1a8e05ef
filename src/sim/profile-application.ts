import type { CharacterFormat } from '../io/serial-link.ts';
import type { ApplicationProof, BoardProfile } from '../profiles/profile.ts';
import type { Milliseconds } from '../units.ts';
import { micropython } from './target/applications.ts';
import { CommandLine } from './target/command-line.ts';
import { Timers } from './target/timers.ts';
import { CdcFunction } from './target/usb-cdc.ts';
import type { TargetContext, TargetProgram } from './target-program.ts';

/** From reset to a firmware that has its clocks and its USB stack up (ours). */
const startup: Milliseconds = 100;
/** The host gets the answer to its last request before the pull-up goes. */
const leaveDelay: Milliseconds = 2;

/** Lines of text after which this firmware jumps into the ROM. */
const commandsOf = ({ softJump }: BoardProfile): readonly string[] =>
  softJump.flatMap((jump) => (jump.trigger === 'serial-command' ? jump.send.trim() : []));

const hexId = (id: string): number => Number.parseInt(id, 16);

/** Talks on the USART: its greeting after start-up, then it listens for the profile's commands. */
function startUsart(
  context: TargetContext,
  timers: Timers,
  greeting: string,
  format: CharacterFormat,
  onLine: (line: string) => void,
): NonNullable<TargetProgram['usartReceive']> {
  const commands = new CommandLine(onLine);
  let isUp = false;
  timers.after(startup, () => {
    isUp = true;
    if (greeting) context.usartTransmit(new TextEncoder().encode(`${greeting}\r\n`), format);
  });
  return (bytes, sent) => {
    if (isUp && sent.baudRate === format.baudRate && sent.parity === format.parity) commands.push(bytes);
  };
}

/** Brings a virtual COM port onto the bus after start-up; 1200 baud and the profile's commands are for `enterRom`. */
function startUsb(
  context: TargetContext,
  timers: Timers,
  { vendorId, productId }: Extract<ApplicationProof, { expect: 'usb' }>,
  onLine: (line: string) => void,
  enterRom: () => void,
): void {
  const commands = new CommandLine(onLine);
  const identity = {
    vendorId: hexId(vendorId),
    productId: hexId(productId),
    manufacturer: 'bootctl',
    product: 'Simulated application',
    serialNumber: '00000000001A',
  };
  const cdc = new CdcFunction(identity, {
    opened: () => {},
    closed: (baudRate) => baudRate === 1200 && enterRom(),
    received: (bytes) => commands.push(bytes),
  });
  timers.after(startup, () => context.socket.attach(cdc));
}

/**
 * The firmware that a profile expects: on USB with its ids, or on the USART with its text; MicroPython where the profile
 * asks it for a soft jump. It obeys the profile's soft jumps by calling `toRom`.
 */
export function profileApplication(profile: BoardProfile, toRom: () => void): TargetProgram {
  const { application, softJump } = profile;
  if (softJump.some(({ trigger }) => trigger === 'micropython')) return micropython({ toRom });
  const commands = commandsOf(profile);
  const serialBaudRate = softJump.find((jump) => jump.trigger === 'serial-command')?.baudRate ?? 115_200;
  let timers: Timers | undefined;
  let receive: TargetProgram['usartReceive'];
  const stop = () => {
    timers?.clear();
    receive = undefined;
  };
  const start = (context: TargetContext) => {
    const own = new Timers(context.clock);
    timers = own;
    context.record({ what: 'application', state: 'running' });
    const enterRom = () =>
      own.after(leaveDelay, () => {
        context.socket.detach();
        toRom();
      });
    const onLine = (line: string) => {
      if (commands.includes(line.trim())) enterRom();
    };
    const [text, baudRate] =
      application.expect === 'serial' ? [application.match, application.baudRate] : ['', serialBaudRate];
    receive = startUsart(context, own, text, { baudRate, parity: 'none' }, onLine);
    if (application.expect === 'usb') startUsb(context, own, application, onLine, enterRom);
  };
  return { name: 'application', start, stop, usartReceive: (bytes, format) => receive?.(bytes, format) };
}
