#!/bin/sh
# What only the machine can give: Python 3.11 or later, and room on the disk. Each lack is one sentence.
python="$1"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Il faut Python 3.11 ou plus récent : installez-le, ou nommez-le, par exemple « make run PYTHON=python3.12 »." >&2
    exit 1
}
"$python" -c 'import venv, ensurepip' 2>/dev/null || {
    echo "Le module venv de Python manque : installez-le (paquet python3-venv), puis relancez." >&2
    exit 1
}
"$python" -c 'import shutil, sys; sys.exit(shutil.disk_usage(".").free < 5 * 2**30)' || {
    echo "Il faut 5 Go libres sur ce disque pour les environnements et le modèle : libérez de la place, puis relancez." >&2
    exit 1
}
