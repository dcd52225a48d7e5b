#!/usr/bin/env bash
# Runs a command with Node >= 24.12 and the checkout's tools on PATH: scripts/run.sh node cli/main.ts demo
# The command replaces this shell, so that Ctrl-C and exit codes are its own.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
cd "$coditect_root"
exec "$@"
