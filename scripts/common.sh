# Shared by ./run and ./test: what the machine must have, and how to say so when it has not.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}

# What the build needs: a C compiler and its headers, for the bundled SQLite and for AWS-LC.
# (AWS-LC builds without cmake on the platforms that it carries generated files for.) SAML signatures are verified by
# libxmlsec1, whose functions bindgen reads from its headers by means of libclang.
readonly build_packages=(gcc libc6-dev pkg-config libxmlsec1-dev libclang-dev)
# What the tests need besides: processes with a time of their own, a directory with its tools, an authority for its
# certificate, a proxy, a PostgreSQL server, of which they start one of their own (scripts/private-postgres), and
# identity providers that others wrote.
# shellcheck disable=SC2034
readonly test_packages=(libfaketime slapd ldap-utils openssl nginx-light postgresql
  simplesamlphp php-cli php-xml php-mbstring php-sqlite3 xmlsec1 python3 python3-venv)
# A controller of Active Directory, where it is asked for with WITH_SAMBA=1.
# shellcheck disable=SC2034
readonly samba_packages=(samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user ldb-tools openssl)

say() { printf '==> %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# is_installed PACKAGE: whether dpkg knows it as installed.
is_installed() {
  [[ $(dpkg-query -W -f='${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
}

# need_packages PACKAGE…: installs those that are missing; asks nothing when none is.
need_packages() {
  local package missing=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    need_tools
    return
  fi
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "these packages are missing, and there is no sudo to install them with; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  # An outdated or partly unreachable package list may still do; the installation decides.
  "${as_root[@]}" apt-get update -q >&2 || say "apt-get update failed; going on with the lists there are"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install ${missing[*]}; its message stands above"
}

# Without apt-get nothing can be installed here: name what is missing instead.
need_tools() {
  command -v cc >/dev/null ||
    die "no C compiler (cc) found, and no apt-get to install one with; install gcc or clang and the C library's headers"
}

# older VERSION MINIMUM: whether VERSION sorts before MINIMUM.
older() {
  [[ $1 != "$2" && $(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]
}

# need_rust: cargo is there and not older than `rust-version` in Cargo.toml.
need_rust() {
  command -v cargo >/dev/null || PATH="$HOME/.cargo/bin:$PATH"
  local minimum found
  minimum=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
  if ! command -v cargo >/dev/null || ! command -v rustc >/dev/null; then
    die "Rust is not installed; Muster needs $minimum or newer: https://rustup.rs"
  fi
  # In $root, so that a toolchain override of this folder counts.
  found=$(cd "$root" && rustc --version | cut -d ' ' -f 2)
  if older "${found%%-*}" "$minimum"; then
    die "Rust $found is too old, Muster needs $minimum or newer; with rustup: rustup update stable"
  fi
}

# need_component COMMAND COMPONENT: a part of the toolchain that a minimal installation leaves out.
need_component() {
  (cd "$root" && cargo "$1" --version >/dev/null 2>&1) && return
  command -v rustup >/dev/null || die "cargo $1 is missing; install the $2 of your Rust toolchain"
  say "installing $2"
  (cd "$root" && rustup component add "$2" >&2) || die "rustup could not install $2"
}

# build_release: the binary that is run, and that the foreign suites judge.
build_release() {
  say "building muster"
  (cd "$root" && cargo build --release --locked --bin muster) || die "the build failed; the reason stands above"
}
