#!/bin/busybox sh
# First process of the guest. Its root is the host's, over hostfs and read-only; what must be written lies in memory.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount='/bin/busybox mount'
$mount -t proc proc /proc
$mount -t sysfs sysfs /sys
$mount -t devtmpfs devtmpfs /dev

value_of() { /bin/busybox sed -n "s|.*bootctl\\.$1=\\([^ ]*\\).*|\\1|p" /proc/cmdline; }
repository=$(value_of repository)

for folder in tmp run var/tmp; do
  $mount -t tmpfs -o mode=1777 tmpfs "/$folder"
done
# A checkout under one of these is hidden now: bring it back.
if [ ! -d "$repository" ]; then
  /bin/busybox mkdir -p "$repository"
  $mount -t hostfs -o "$repository" hostfs "$repository"
fi
/bin/busybox stty -F /dev/ttyS0 raw -echo
/bin/sh "$repository/test/kernel/guest/boot.sh" "$repository" "$(value_of node)" "$(value_of agent)" /dev/ttyS0
/bin/busybox poweroff -f
