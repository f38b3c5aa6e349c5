# Stage one of a machine, in mount and process namespaces of its own: builds its root from this
# system's /usr, without Node, px and everything else that stands outside the distribution.
set -eu
dir=$1
mount --make-rprivate /
mount -t tmpfs -o mode=755,size=4g tmpfs "$dir"
root=$dir/root
mkdir -p "$root" "$dir/usr" "$dir/usr.work" "$dir/etc" "$dir/etc.work"
mount --bind "$root" "$root"
cd "$root"
mkdir -p usr dev proc sys etc root home tmp run/sshd var/tmp var/log var/lib var/cache opt mnt srv media old
chmod 1777 tmp var/tmp
chmod 700 root
for name in bin sbin lib lib64; do
  if [ -L "/$name" ]; then cp -P "/$name" "$name"; elif [ -d "/$name" ]; then mkdir "$name"; mount --bind "/$name" "$name"; fi
done
for name in usr etc; do
  mount -t overlay overlay -o "lowerdir=/$name,upperdir=$dir/$name,workdir=$dir/$name.work" "$name"
done
mount -t tmpfs -o mode=755 tmpfs usr/local
mkdir -p usr/local/bin usr/local/sbin
rm -f usr/bin/node usr/bin/nodejs usr/bin/npm usr/bin/npx usr/bin/deno usr/bin/bun
rm -rf etc/ssh/ssh_host_* etc/ssh/sshd_config.d
mount --rbind /dev dev
mount -t proc proc proc
mount --bind -o ro /sys sys
cp "$2/guest.sh" usr/local/sbin/guest
pivot_root . old
umount -l /old
rmdir /old
cd /
hostname "$VM"
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /bin/sh /usr/local/sbin/guest
