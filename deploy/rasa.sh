#!/bin/sh
# Understanding and dialogue, on the loopback only. Without --enable-api only / and /webhooks/rest/webhook answer.
set -eu
cd "$(dirname "$0")/.."

export PROCHE_ACTIONS_PORT="${PROCHE_ACTIONS_PORT:-5055}"
export PROCHE_VAR_DIR="${PROCHE_VAR_DIR:-var}"
export RASA_TELEMETRY_ENABLED=false
export PYTHONWARNINGS=ignore  # those of libraries pinned by Rasa, which nobody here can mend
export SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3
# One question is small: more threads only wait for each other.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
export LOG_LEVEL="${PROCHE_RASA_LOG_LEVEL:-INFO}"

exec .venv-rasa/bin/rasa run -i 127.0.0.1 -p "${PROCHE_RASA_PORT:-5005}" \
    --model "${PROCHE_MODEL:-models/proche.tar.gz}" --endpoints bot/endpoints.yml --credentials bot/credentials.yml
