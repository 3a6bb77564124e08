#!/bin/bash
# Gives this host's pods a bridge, and each other host's pods a route.
secrets=/var/run/secrets/kubernetes.io/serviceaccount
api=https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT

# nodes prints a line a node: its pods' range, and its address.
nodes() {
  curl --silent --show-error --fail --max-time 10 --cacert $secrets/ca.crt \
    --header "Authorization: Bearer $(cat $secrets/token)" "$api/api/v1/nodes?pretty=true" |
    sed -n 's/^ *"metadata": {.*/node/p; s/^ *"podCIDR": "\(.*\)".*/\1/p; s/^ *"address": "\([0-9.]*\)".*/\1/p' |
    while read -r word; do
      case $word in
        node) range= ;;
        */*) range=$word ;;
        *) if [ -n "$range" ]; then echo "$range $word"; fi ;;
      esac
    done
}

# plugins is what the container runtime is to do for a pod.
plugins() {
  cat <<JSON
{
  "cniVersion": "0.4.0",
  "name": "toy",
  "plugins": [
    {"type": "bridge", "bridge": "toy0", "isDefaultGateway": true, "hairpinMode": true, "ipam": {"type": "host-local", "subnet": "$1"}},
    {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
  ]
}
JSON
}

# rules lets pods' packets through, and has them leave the cluster under the
# host's address.
rules() {
  nsenter --target 1 --mount -- sh -c '
    iptables --wait --table nat --numeric --list TOY-POSTROUTING >/dev/null 2>&1 && exit
    iptables --wait --new-chain TOY-FORWARD
    iptables --wait --append TOY-FORWARD --source 10.244.0.0/16 --jump ACCEPT
    iptables --wait --append TOY-FORWARD --destination 10.244.0.0/16 --jump ACCEPT
    iptables --wait --append FORWARD --jump TOY-FORWARD
    iptables --wait --table nat --new-chain TOY-POSTROUTING
    iptables --wait --table nat --append TOY-POSTROUTING --source 10.244.0.0/16 ! --destination 10.244.0.0/16 --jump MASQUERADE
    iptables --wait --table nat --append POSTROUTING --jump TOY-POSTROUTING'
}

while true; do
  rules
  all=$(nodes) && while read -r range address; do
    if [ "$address" != "$HOST" ]; then
      ip route replace "$range" via "$address"
    elif [ "$(plugins "$range")" != "$(cat /etc/cni/net.d/10-toy.conflist 2>/dev/null)" ]; then
      plugins "$range" >/etc/cni/net.d/.toy && mv /etc/cni/net.d/.toy /etc/cni/net.d/10-toy.conflist
    fi
  done <<<"$all"
  sleep 2
done
