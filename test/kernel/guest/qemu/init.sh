#!/bin/busybox sh
# First process of the guest: loads what the 9p root needs, then runs boot.sh inside the host's own file system.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run

for module in $(cat /modules/order); do
  insmod "/modules/$module" || echo "init: $module did not load"
done

value_of() { sed -n "s|.*bootctl\\.$1=\\([^ ]*\\).*|\\1|p" /proc/cmdline; }
repository=$(value_of repository)

mkdir -p /plain
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /plain || exec poweroff -f
mount --bind /plain /host
for folder in tmp run var/tmp; do
  mount -t tmpfs -o mode=1777 tmpfs "/host/$folder"
done
# A checkout under one of these is hidden now: bring it back.
if [ ! -d "/host$repository" ]; then
  mkdir -p "/host$repository"
  mount --bind "/plain$repository" "/host$repository"
fi
mount -t proc proc /host/proc
mount -t sysfs sysfs /host/sys
mount --move /dev /host/dev
# udev's own loader finds no modules: everything is loaded here, so that a driver binds as soon as a device is there.
chroot /host /sbin/modprobe -d "$(value_of modules)" -a vhci-hcd ftdi_sio cp210x ch341 pl2303 cdc-acm
channel=/$(cd /host && echo dev/vport*)
chroot /host /bin/sh "$repository/test/kernel/guest/boot.sh" "$repository" "$(value_of node)" "$(value_of agent)" "$channel"
sync
poweroff -f
