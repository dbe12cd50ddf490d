#!/bin/sh
# Train the bot into models/proche.tar.gz.
set -eu
cd "$(dirname "$0")/.."

export RASA_TELEMETRY_ENABLED=false
export PYTHONWARNINGS=ignore  # those of libraries pinned by Rasa, which nobody here can mend
# No cache between trainings: one made by an older component breaks the next.
export RASA_MAX_CACHE_SIZE=0
export SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=3
export TQDM_DISABLE=1
export OMP_NUM_THREADS="${PROCHE_TRAINING_THREADS:-2}" OPENBLAS_NUM_THREADS="${PROCHE_TRAINING_THREADS:-2}"

exec .venv-rasa/bin/rasa train --config bot/config.yml --domain bot/domain --data data/nlu data/rules data/stories \
    --out "${PROCHE_MODELS_DIR:-models}" --fixed-model-name proche "$@"
