# Stage two, process 1 of the machine: what the system and the vendor's guest agent do at boot.
# Each line on its standard input is a press of the power button.
metadata=http://169.254.169.254/computeMetadata/v1/instance
ask() { curl -sf -H 'Metadata-Flavor: Google' "$metadata/$1"; }

off() {
  trap '' TERM
  kill -TERM -1 2>/dev/null
  tries=0
  while kill -0 -1 2>/dev/null && [ "$tries" -lt 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  exit 0
}
trap off TERM
for name in shutdown poweroff halt; do
  printf '#!/bin/sh\nexec kill -TERM 1\n' >"/usr/local/sbin/$name"
  chmod 755 "/usr/local/sbin/$name"
done

echo "127.0.0.1 localhost $(hostname)" >/etc/hosts
echo "169.254.169.254 metadata.google.internal" >>/etc/hosts
mkdir -p /run/sshd /etc/sudoers.d
ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
cat >/etc/ssh/sshd_config <<'CONFIG'
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin no
PasswordAuthentication no
UsePAM no
MaxStartups 100
Subsystem sftp /usr/lib/openssh/sftp-server
CONFIG

# The guest agent: accounts of the key `ssh-keys`, members of the group that may become root.
echo '%google-sudoers ALL=(ALL:ALL) NOPASSWD:ALL' >/etc/sudoers.d/google_sudo
chmod 440 /etc/sudoers.d/google_sudo
groupadd -f google-sudoers
ask attributes/ssh-keys | while IFS=: read -r user key || [ -n "$user" ]; do
  [ -n "$user" ] || continue
  id "$user" >/dev/null 2>&1 || useradd -m -s /bin/bash -G google-sudoers -p '*' "$user"
  mkdir -p "/home/$user/.ssh"
  echo "$key" >>"/home/$user/.ssh/authorized_keys"
  chown -R "$user:" "/home/$user/.ssh"
  chmod 700 "/home/$user/.ssh"
done
read -r kind public _ </etc/ssh/ssh_host_ed25519_key.pub
curl -sf -X PUT -H 'Metadata-Flavor: Google' --data "$public" "$metadata/guest-attributes/hostkeys/$kind"
/usr/sbin/sshd -D -e 2>/var/log/sshd.log &
if ask attributes/startup-script >/run/startup-script; then
  sh /run/startup-script >/var/log/startup.log 2>&1 &
fi
while read -r _; do off; done
off
