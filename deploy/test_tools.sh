#!/bin/sh
# What tests need of the machine: a browser, a tracer of system calls, a PostgreSQL to start. Debian's packages.
missing=
command -v chromium >/dev/null || missing="$missing chromium fonts-dejavu-core"
command -v strace >/dev/null || missing="$missing strace"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -z "$missing" ] && exit 0
echo "→ outils de test ($missing )"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # shellcheck disable=SC2086 # a list of packages
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null && exit 0
fi
echo "Il manque, pour les tests :$missing. Installez ces paquets, puis relancez « make test »." >&2
exit 1
