#!/bin/sh
# Gives the node a file system of its own, inside its namespaces: programs of this machine, read only, and folders of its own.
# Arguments: folder of the node, then its programs.
set -eu
own=$1
shift
root=$own/root
mount -t tmpfs -o mode=755 node "$root"
cd "$root"
mkdir -p proc sys dev run tmp var opt mnt root node/settings node/bin
chmod 1777 tmp
for folder in bin sbin lib lib32 lib64 usr etc; do
  if [ -L "/$folder" ]; then cp -P "/$folder" "$folder"
  elif [ -d "/$folder" ]; then mkdir -p "$folder"; mount --bind "/$folder" "$folder"; mount -o remount,bind,ro "$folder"; fi
done
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 node run
mount --bind "$own/var" var
mount --bind "$own/settings" node/settings
for program; do
  : > "node/bin/${program##*/}"
  mount --bind "$program" "node/bin/${program##*/}"
done

# The kubelet insists on these values. They belong to the whole machine, so it is shown them and the machine keeps its own.
mkdir run/kernel
for pair in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  setting=proc/sys/${pair%=*}
  shown=run/kernel/${setting##*/}
  if [ -e "$setting" ]; then echo "${pair#*=}" > "$shown"; mount --bind "$shown" "$setting"; fi
done

echo 1 > proc/sys/net/ipv4/ip_forward
hostname kubelet-node
pivot_root . mnt
umount -l /mnt
