# Inside the guest, on the host's root, its drivers loaded: runs the agent until it ends. Arguments:
repository=$1 node=$2 agent=$3 channel=$4
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home LANG=C.UTF-8
mkdir -p /tmp/home /dev/pts /dev/shm /run/udev
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
# Each file that node looks for in the host's file system is a message or more to the host, every time, above all where
# there is none: what it loads is read in one piece, and kept in memory.
mkdir /run/copy
tar -xf "$repository/build/kernel/copy.tar" -C /run/copy
for part in package.json bin dist hardware node_modules test/fixtures test/kernel/scripts build/kernel/js; do
  mount --bind "/run/copy/$part" "$repository/$part"
done
cd "$repository"
UV_THREADPOOL_SIZE=8 "$node" "$agent" "$channel"
