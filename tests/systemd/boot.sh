# Boots a systemd: boot.sh NAME FOLDER UNITS OPTION... in a mount namespace of its own. FOLDER, on a tmpfs, takes what
# it writes; UNITS holds the units to be tried, "" those that are there; OPTIONs go to systemd-nspawn. LOWER is the root
# that it starts from, by default this machine's.
set -e
name=$1 folder=$2 units=$3 root=$2/root
shift 3
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$name"
echo $$ > "/sys/fs/cgroup/$name/cgroup.procs"
mkdir "$folder/upper" "$folder/work" "$root"
mount -t overlay none -o "lowerdir=${LOWER:-/},upperdir=$folder/upper,workdir=$folder/work" "$root"
rm -rf "$root"/etc/systemd/system/*.wants  # the services of the machine itself stay off
: > "$root/etc/machine-id"
for unit in console-getty.service systemd-sysctl.service tmp.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
if [ -n "$units" ]; then
  cp "$units"/system/* "$root/etc/systemd/system/"
  cp "$units"/user/* "$root/etc/systemd/user/"
fi
exec systemd-nspawn --quiet --register=no --keep-unit --directory="$root" --boot --machine="$name" --private-network \
  --console=read-only --link-journal=no "$@" < /dev/null
