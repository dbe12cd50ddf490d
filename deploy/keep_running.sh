#!/bin/sh
# Run a command and start it again when it dies, until told to stop. It is not started again when it refuses its
# settings or content (2, 3): starting again would change nothing.
child=
trap 'trap - TERM INT; [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; wait "$child"; exit 0' TERM INT
while :; do
    "$@" &
    child=$!
    wait "$child"
    status=$?
    case "$status" in 2 | 3) exit "$status" ;; esac
    echo "« $* » s'est arrêté (code $status) : nouveau départ." >&2
    sleep 1
done
