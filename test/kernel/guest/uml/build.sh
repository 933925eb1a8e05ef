#!/bin/sh
# Builds the kernel of the User Mode Linux guests where it is not there yet, and prints its path.
# With --cached it never builds: exit 1 where there is none.
set -eu
here=$(dirname "$(readlink -f "$0")")

# Debian's kernel source, pinned. Linux has the seccomp mode of User Mode Linux since 6.16, and bookworm only 6.1 and 6.12.
release=linux-source-7.3
version=7.3.4-1~bpo13+1
sha256=703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3
file=pool/main/l/linux/${release}_${version}_all.deb
# A mirror keeps a version until the next one is there; the snapshots keep all.
snapshot=http://snapshot.debian.org/archive/debian/20261120T000000Z

cache=${XDG_CACHE_HOME:-$HOME/.cache}/bootctl
made_from=$(cat "$here/build.sh" "$here/kernel.config" | sha256sum | cut -c 1-16)
kernel=$cache/uml-$made_from
say() { echo "kernel bench: $*" >&2; }

# Each build is whole or not there: it is made elsewhere and moved here, and whoever uses it compares its digest.
is_whole() { (cd "$kernel" 2>/dev/null && sha256sum --check --status linux.sha256 2>/dev/null); }

if is_whole; then
  echo "$kernel/linux"
  exit
fi
[ "${1:-}" != --cached ] || exit 1

mkdir -p "$cache"
# Whoever comes second waits for the first, and finds what that has built.
exec 9>"$kernel.lock"
flock 9
if is_whole; then
  echo "$kernel/linux"
  exit
fi
# What a build that was killed has left, or what is no longer as it was built.
rm -rf "$kernel" "$kernel".part.*
work=$(mktemp -d "$kernel.part.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
started=$(date +%s)
say "builds User Mode Linux $version once, into $kernel; this takes some minutes"

mirrors() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep '/debian/*$' | sort -u
  echo http://deb.debian.org/debian
  echo "$snapshot"
}
download() {
  for mirror in $(mirrors); do
    # It refuses a file with another digest.
    if /usr/lib/apt/apt-helper -q download-file "${mirror%/}/$file" "$work/source.deb" "SHA256:$sha256" >&2; then return; fi
  done
  say "$file could not be downloaded from any mirror"
  return 1
}
# The drivers of graphics cards are two fifths of the source. Of them only what describes the options is unpacked.
unpack() {
  mkdir "$work/source"
  dpkg-deb --fsys-tarfile "$work/source.deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc |
    tar -x -C "$work/source" --strip-components=1 --exclude='*/drivers/gpu/*.[ch]' &&
    rm "$work/source.deb"
}
compile() {
  export KCONFIG_ALLCONFIG="$here/kernel.config"
  make -s -C "$work/source" ARCH=um O="$work/objects" allnoconfig &&
    make -s -C "$work/source" ARCH=um O="$work/objects" -j"$(nproc)" linux
}
log=$kernel.log
renice -n 15 $$ >/dev/null
if ! { download && unpack && compile; } >"$log" 2>&1; then
  say "User Mode Linux could not be built; last lines of $log:"
  tail -n 15 "$log" >&2
  exit 1
fi

mkdir "$work/whole"
strip -o "$work/whole/linux" "$work/objects/linux"
(cd "$work/whole" && sha256sum linux >linux.sha256)
mv "$work/whole" "$kernel"
say "User Mode Linux was built in $(($(date +%s) - started)) s"
echo "$kernel/linux"
