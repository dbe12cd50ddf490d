#!/bin/sh
# The browser of the end-to-end tests: Debian's Chromium.
command -v chromium >/dev/null && exit 0
echo "→ navigateur de test (Chromium)"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core >/dev/null && exit 0
fi
echo "Chromium manque : installez-le (paquet chromium), puis relancez « make test »." >&2
exit 1
