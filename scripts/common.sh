# Shared by the scripts: words for people, rights, and the list of dependencies.
# Source it after setting `root` to the top of the tree.

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Runs a command with the rights to install packages.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this needs root or sudo: $*"
  fi
}

# dependencies SET FROM: the lines "name version pin" of cmake/dependencies.txt.
dependencies() {
  awk -F ' *[|] *' -v set="$1" -v from="$2" '
    function flush() { if (name != "") print name, version, pin; name = "" }
    /^pin: / { sub(/^pin: */, ""); pin = $0; next }
    { flush(); pin = "" }
    NF == 7 && $1 == set && $2 == from { name = $3; version = $4 }
    END { flush() }' "$root/cmake/dependencies.txt"
}

# packages_missing NAME...: those that dpkg does not have installed.
packages_missing() {
  local name
  for name in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
      printf '%s\n' "$name"
    fi
  done
}

# python_with_torch [MODULE...]: a Python that has torch and the modules, or nothing.
# The first on PATH need not be the system's.
python_with_torch() {
  local python module
  for python in ${RECOVER_PYTHON:-} python3 /usr/bin/python3; do
    for module in torch "$@"; do
      "$python" -c "import $module" 2>/dev/null || continue 2
    done
    command -v "$python"
    return
  done
}
