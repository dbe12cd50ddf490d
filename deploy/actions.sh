#!/bin/sh
# Rasa's custom actions, on the loopback only: they ask the gateway's internal API.
set -eu
cd "$(dirname "$0")/.."

: "${PROCHE_INTERNAL_TOKEN:?the token shared with the gateway is missing}"
export PROCHE_INTERNAL_TOKEN
export PROCHE_INTERNAL_PORT="${PROCHE_INTERNAL_PORT:-8081}"
export RASA_TELEMETRY_ENABLED=false
export PYTHONWARNINGS=ignore  # those of libraries pinned by Rasa, which nobody here can mend
export SANIC_HOST=127.0.0.1

exec .venv-rasa/bin/python -m rasa_sdk --actions actions -p "${PROCHE_ACTIONS_PORT:-5055}"
