# Starts a Docker engine: engine.sh FOLDER in mount and network namespaces of its own. FOLDER takes its socket, images
# and volumes. No rule of its network touches the machine's, and nothing reaches beyond it.
set -e
folder=$1
mount --make-rprivate /
umount -R /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
group=/sys/fs/cgroup/$(basename "$folder")-$$
mkdir "$group"
echo $$ > "$group/cgroup.procs"
mount -t tmpfs tmpfs /run
ip link set lo up
exec dockerd --data-root "$folder/data" --exec-root /run/docker --pidfile /run/docker.pid --host "unix://$folder/docker.sock" \
  --cgroup-parent "/$(basename "$group")-boxes" < /dev/null
