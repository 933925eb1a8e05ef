import { isBootctlError } from '../../base/errors.ts';
import type { SerialLink } from '../../bench/serial-link.ts';
import { idleLines } from '../../board/circuit/wiring.ts';
import { findApplicationPort, type OwnIds, openApplicationPort, usingApplication } from './application-port.ts';
import type { Asked, SoftJumpContext, Trigger } from './trigger.ts';

const touchFormat = { baudRate: 1_200, parity: 'none' } as const;
const both = { rts: 'asserted', dtr: 'asserted' } as const;

/** Opens the target's own port at 1200 baud, drops DTR and closes it. */
export const touch1200: Trigger<'touch-1200'> = (jump, context) => touch(jump, context);

/** DTR is asserted first, because opening does so on POSIX only; firmware looks at its falling, at this rate. */
export async function touch(own: OwnIds, context: SoftJumpContext): Promise<Asked> {
  const port = await findApplicationPort(own, context);
  await usingApplication(async () => {
    await using link = await openApplicationPort(port, touchFormat, context);
    await pulseDtr(link).catch((error: unknown) => {
      // Gone at once is what was asked for; a port without lines still has the close, which drops DTR.
      if (!isBootctlError(error, 'adapter-lost') && !isBootctlError(error, 'adapter-lines-unsupported')) throw error;
    });
  });
  return port.usbPath === undefined ? {} : { usbPath: port.usbPath };
}

async function pulseDtr(link: SerialLink): Promise<void> {
  await link.setLines(both);
  await link.setLines(idleLines);
}
