#!/bin/sh
# Runs on every boot. What it starts makes this host a Kubernetes node, and
# does so once. There is no secret here.
set -eu
mkdir -p @FOLDER@
umask 077
# Replaced in one step: an older one may be running.
cat >@SCRIPT_PATH@.part @SCRIPT_TEXT@
mv @SCRIPT_PATH@.part @SCRIPT_PATH@
cat >/etc/systemd/system/@UNIT@ @UNIT_TEXT@
chmod 0644 /etc/systemd/system/@UNIT@
systemctl daemon-reload
systemctl enable --quiet @UNIT@
systemctl start --no-block @UNIT@
