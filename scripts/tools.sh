# Sourced by every script: stands in the project's root and puts the tools of scripts/setup first on PATH, so that
# another wasm-opt of the machine (Debian's is too old and breaks the package at start-up) is never taken.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
tools="${CHILDLINK_TOOLS:-${XDG_CACHE_HOME:-${HOME:-$root/target}/.cache}/childlink}"
cargo_home="${CARGO_HOME:-${HOME:-/root}/.cargo}"
export PATH="$tools/bin:$root/pkg-config/tools/node_modules/.bin:$cargo_home/bin:$PATH"

# Arguments of cargo for what is handed out as Wasm. A panic names the file that it comes from: from the name of its crate
# on, since the folder is that of whoever builds, and the same source is to give the same bytes everywhere.
wasm_paths=(--config "target.wasm32-unknown-unknown.rustflags=['--remap-path-prefix=$cargo_home/registry/src=crates']")

# The version of a package as Cargo.lock pins it.
locked_version() {
  awk -v name="$1" '$1 == "name" && $3 == "\"" name "\"" { getline; gsub(/"/, "", $3); print $3; exit }' Cargo.lock
}
