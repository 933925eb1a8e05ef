import { placeOfPort } from '../../bench/serial-link.ts';
import { type Found, type Inventory, list } from '../../ops/list.ts';
import { emptyResult } from '../../ops/result.ts';
import type { CliContext, DefineCommand } from '../context.ts';
import { type CliOptions, withOptions } from '../given/options.ts';
import { givenProfile } from '../given/profile.ts';
import { givenScenario } from '../given/scenario.ts';
import { writeLine, writeResultLine } from '../output/result-line.ts';
import { writeLines } from '../output/safe-output.ts';
import { tableLines } from '../output/table.ts';

const examples = `
No serial port is opened, because that would move RTS and DTR. Not usable means: there, but this user cannot open it.

Examples:
  bootctl list
  bootctl list --json
  bootctl list --simulate already-dfu --profile rc-cap`;

/** What is plugged in, and what of it can be used. */
export const define: DefineCommand = (command, context) => {
  command.addHelpText('after', examples).action(async (options: CliOptions) => {
    const started = context.now();
    const inventory = await lookAround(context, options);
    if (options.json) writeJson(context, started, inventory);
    else writeLines(context.stdout, textLines(inventory));
  });
  withOptions(command, context.env, ['profile', 'simulate', 'json']);
};

async function lookAround(context: CliContext, options: CliOptions): Promise<Inventory> {
  const scenario = await givenScenario(options);
  const profile = scenario === undefined ? undefined : await givenProfile(context, options);
  await using bench = await context.openBench({ profile, scenario });
  return await list({ bench, portTrouble: scenario === undefined ? context.portTrouble : async () => undefined });
}

function usability({ trouble }: Found<unknown>): object {
  if (!trouble) return { usable: true };
  const { code, message, hint } = trouble;
  return { usable: false, error: { code, message, hint } };
}

function writeJson({ stdout, now }: CliContext, started: number, inventory: Inventory): void {
  const line = (event: string, values: object) => writeLine(stdout, event, now() - started, values);
  for (const port of inventory.ports) line('adapter', { ...port.info, ...usability(port) });
  for (const device of inventory.dfuDevices) line('dfu-device', { ...device.info, ...usability(device) });
  if (inventory.busTrouble) line('usb-bus', usability({ info: null, trouble: inventory.busTrouble }));
  writeResultLine(stdout, now() - started, emptyResult);
}

function textLines({ ports, dfuDevices, busTrouble }: Inventory): readonly string[] {
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [`${title}: none`] : [title, ...tableLines(head, rows).map((line) => `  ${line}`)];
  const usable = ({ trouble }: Found<unknown>) => (trouble ? `no: ${trouble.code}` : 'yes');
  const id = (info: { vendorId?: string; productId?: string }) =>
    info.vendorId ? `${info.vendorId}:${info.productId}` : 'no USB';
  const all = ports.map(({ info }) => info);
  return [
    ...section(
      'Adapters and serial ports',
      ['port', 'USB id', 'serial number', 'USB path', 'manufacturer', 'usable'],
      ports.map((port) => {
        const { path, serialNumber = '', manufacturer = '' } = port.info;
        return [path, id(port.info), serialNumber, placeOfPort(port.info, all), manufacturer, usable(port)];
      }),
    ),
    '',
    ...section(
      'DFU devices',
      ['USB path', 'USB id', 'serial number', 'product', 'usable'],
      dfuDevices.map((device) => {
        const { path, serialNumber = '', product = '' } = device.info;
        return [path, id(device.info), serialNumber, product, usable(device)];
      }),
    ),
    ...[...ports, ...dfuDevices].flatMap(({ trouble }) => (trouble ? ['', ...troubleLines(trouble)] : [])),
    ...(busTrouble ? ['', ...troubleLines(busTrouble)] : []),
  ];
}

const troubleLines = ({ code, message, hint }: NonNullable<Found<unknown>['trouble']>): readonly string[] => [
  `${message} [${code}]`,
  `  ${hint}`,
];
