# `make run` and `make test` do everything; `make help` lists the rest.
PYTHON ?= python3
UV := $(CURDIR)/.uv/bin/uv
UV_VERSION := 0.13.9
BOT_SOURCES := bot/config.yml $(wildcard bot/domain/*.yml bot/components/*.py data/nlu/*.yml data/rules/*.yml \
    data/stories/*.yml) data/territoire/communes.csv data/territoire/alias.csv
MODEL := models/proche.tar.gz
READY := .venv/ready
ifneq ($(PROCHE_RASA),off)
READY += .venv-rasa/ready $(MODEL)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check train evaluate bench doors chat lock format

help: ## Liste ces commandes
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(READY) ## Tout préparer, puis servir : l'adresse du chat s'affiche
	@exec .venv/bin/python -m gateway.start

test: .venv/dev .venv-rasa/ready $(MODEL) ## Tous les tests, avec le vrai Rasa et un vrai navigateur
	@deploy/test_tools.sh
	.venv-rasa/bin/python -m unittest discover -s tests/rasa -t . -b
	.venv/bin/pytest $(PYTEST_ARGS)

check: .venv/dev ## Lint, types, contenus
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	./proche knowledge check
	./proche places check

train: .venv-rasa/ready ## Entraîner le modèle, même s'il est à jour
	@rm -f $(MODEL)
	@$(MAKE) --no-print-directory $(MODEL)

evaluate: $(READY) .venv/dev ## Mesurer la compréhension sur les jeux étiquetés
	@.venv/bin/python -m bench.evaluate

bench: $(READY) .venv/dev ## Mesurer la vitesse, contre un Rasa ordinaire dans la même séance
	@.venv/bin/python -m bench.run

doors: .venv/dev ## Mesurer si chacun trouve, partout et toujours, une porte ou une ligne qui marche
	@.venv/bin/python -m bench.doors

chat: .venv/ready ## Parler au service en marche, dans le terminal
	@./proche chat

lock: .uv/ready ## Refaire les fichiers de verrou, avec leurs empreintes
	for name in requirements requirements-dev; do \
	    $(UV) pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
	        --python-version 3.11 $$name.in -o $$name.txt; done
	cd bot && $(UV) pip compile -q --generate-hashes --no-header --no-annotate --no-emit-index-url \
	    --no-emit-find-links --python-version 3.10 requirements.in -o requirements.txt

format: .venv/dev ## Mettre le code en forme
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

.uv/ready:
	@deploy/prerequisites.sh "$(PYTHON)"
	@echo "→ outil d'installation (uv)"
	@$(PYTHON) -m venv .uv && .uv/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION) \
	    || { echo "uv ne s'installe pas : vérifiez l'accès au réseau, puis relancez." >&2; exit 1; }
	@touch $@

.venv/ready: requirements.txt .uv/ready
	@echo "→ environnement de la passerelle (.venv)"
	@test -x .venv/bin/python || $(UV) venv -q --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip install -q --python .venv --require-hashes -r requirements.txt \
	    || { echo "Les bibliothèques ne s'installent pas : vérifiez le réseau et la place sur le disque." >&2; exit 1; }
	@touch $@

.venv/dev: requirements-dev.txt .venv/ready
	@echo "→ outils de développement et de test"
	@$(UV) pip install -q --python .venv --require-hashes -r requirements-dev.txt
	@touch $@

# uv reads bot/.python-version only from inside bot/: from elsewhere it meets pyenv's shim of another version.
.venv-rasa/ready: bot/requirements.txt bot/.python-version .uv/ready
	@echo "→ environnement de Rasa (.venv-rasa, Python 3.10)"
	@test -x .venv-rasa/bin/python || (cd bot && $(UV) venv -q ../.venv-rasa) \
	    || { echo "Python 3.10 est introuvable : installez-le (par exemple « pyenv install 3.10 »), puis relancez." >&2; exit 1; }
	@cd bot && $(UV) pip install --python ../.venv-rasa --require-hashes -r requirements.txt 2>&1 | tail -1 \
	    && test -x ../.venv-rasa/bin/rasa \
	    || { echo "Rasa ne s'installe pas : vérifiez le réseau et la place sur le disque (3 Go)." >&2; exit 1; }
	@touch $@

$(MODEL): $(BOT_SOURCES) | .venv-rasa/ready
	@echo "→ entraînement du modèle (une minute au plus)"
	@deploy/train.sh
