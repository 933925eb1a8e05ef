import { join } from 'node:path';
import type { GuestCommand, GuestEngine } from '../engine.ts';
import { agent, cache, guestSources, repository } from '../paths.ts';
import { provideTools } from '../tools.ts';
import { type GuestKernel, provideKernel } from './debian-kernel.ts';
import { provideInitramfs } from './initramfs.ts';

/** What TCG does quickly: wider vectors would only be emulated. */
const processor = 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt';

const programs = { 'qemu-system-x86_64': 'qemu-system-x86', cpio: 'cpio', depmod: 'kmod' };

/** Debian's own kernel in QEMU, whose processor is emulated: it runs wherever QEMU does, slowly. */
export const qemu: GuestEngine = {
  id: 'qemu',
  label: 'QEMU',
  // Its emulated processors take all the cores there are.
  guestsOn: () => 1,
  canSkipWaiting: false,
  provide() {
    provideTools(programs);
    const kernel = provideKernel(cache);
    const initramfs = provideInitramfs(kernel, join(guestSources, 'qemu/init.sh'), cache);
    return () => commandOf(kernel, initramfs);
  },
};

function commandOf(kernel: GuestKernel, initramfs: string): GuestCommand {
  const parameters = [
    // Linux mistrusts the TSC of two processors that are not Intel's, and reads the HPET: in a guest by a trap each time.
    'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable random.trust_cpu=on',
    `bootctl.repository=${repository} bootctl.modules=${kernel.root} bootctl.node=${process.execPath} bootctl.agent=${agent}`,
  ];
  const args = [
    ...['-accel', 'tcg,thread=multi', '-cpu', processor, '-smp', '2', '-m', '1024'],
    ...['-nodefaults', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
    ...['-kernel', kernel.image, '-initrd', initramfs, '-append', parameters.join(' ')],
    // multidevs=remap: the host's root spans file systems whose inode numbers would collide.
    ...['-fsdev', 'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap'],
    ...['-device', 'virtio-9p-pci,fsdev=host,mount_tag=host'],
    ...['-chardev', 'socket,id=agent,fd=3'],
    ...['-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=agent,name=bootctl.agent'],
  ];
  return { program: 'qemu-system-x86_64', args };
}
