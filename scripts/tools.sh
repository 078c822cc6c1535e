# Sourced by every script: stands in the project's root and puts the tools of scripts/setup first on PATH, so that
# another wasm-opt of the machine (Debian's is too old and breaks the package at start-up) is never taken.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
tools="${CHILDLINK_TOOLS:-${XDG_CACHE_HOME:-${HOME:-$root/target}/.cache}/childlink}"
export PATH="$tools/bin:$root/pkg-config/tools/node_modules/.bin:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin:$PATH"

# The version of a package as Cargo.lock pins it.
locked_version() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}
