# Sourced by run, test and scripts/*: packages, build, messages. Bash 5, Debian 12 or a later Debian/Ubuntu.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
if [ -n "${NO_COLOR:-}" ] || [ ! -t 2 ]; then say() { printf '==> %s\n' "$*" >&2; }; fi
die() { printf 'error: %s\n' "$*" >&2; exit 3; }

# Boost >= 1.81: Debian 12 has it beside its older default, later releases as the default.
boost_packages() {
  if dpkg-query -W -f='${db:Status-Status}' libboost1.81-dev 2>/dev/null | grep -q '^installed' \
      || apt-cache show libboost1.81-dev >/dev/null 2>&1; then
    echo libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libboost-system1.81-dev
  else
    echo libboost-dev libboost-json-dev libboost-url-dev libboost-system-dev
  fi
}

packages_for() {
  case "$1" in
    run) echo g++ cmake ninja-build pkg-config esbuild python3-minimal $(boost_packages) \
           libsodium-dev libssl-dev libsoci-dev libsqlite3-dev libcurl4-openssl-dev libspdlog-dev libfmt-dev \
           libcli11-dev libtomlplusplus-dev prometheus-cpp-dev zlib1g-dev libutf8proc-dev ;;
    test) echo $(packages_for run) libgtest-dev librapidcheck-dev libbenchmark-dev python3 python3-aiosmtpd curl \
            nginx openssl ;;
    full) echo $(packages_for test) clang-format clang-tidy chromium
          command -v node >/dev/null || echo nodejs
          command -v npm >/dev/null || echo npm ;;
  esac
}

# Asks apt only if something is missing. Works for root and through sudo.
install_missing() {
  command -v apt-get >/dev/null || die "this needs Debian 12 or a later Debian or Ubuntu (apt-get)"
  local missing=() name sudo=()
  # A machine that has never run apt-get update cannot tell which Boost it has.
  dpkg-query -W -f='${db:Status-Status}' libboost1.81-dev 2>/dev/null | grep -q '^installed' \
    || apt-cache show libboost1.81-dev libboost-json-dev >/dev/null 2>&1 || apt_update
  for name in $(packages_for "$1"); do
    dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  apt_update
  install_without_daemons "${missing[@]}" >"${TMPDIR:-/tmp}/onrush-apt.$$.log" 2>&1 </dev/null \
    || { tail -n 20 "${TMPDIR:-/tmp}/onrush-apt.$$.log" >&2; die "apt-get could not install: ${missing[*]}"; }
  rm -f "${TMPDIR:-/tmp}/onrush-apt.$$.log"
}

# Installs packages so that nothing of them runs, now or after the next start of the machine: the tests start
# what they need by themselves. A policy-rc.d that was there before is put back, also after a failure or Ctrl-C;
# after a kill -9, by the next call.
install_without_daemons() (
  policy=/usr/sbin/policy-rc.d before=/usr/sbin/policy-rc.d.before-onrush
  put_back() {
    if [ -e "$before" ]; then as_root mv -f "$before" "$policy"
    elif grep -qs 'written by onrush' "$policy"; then as_root rm -f "$policy"; fi
  }
  put_back
  trap put_back EXIT
  trap 'exit 130' INT TERM HUP
  if [ -e "$policy" ]; then as_root mv "$policy" "$before" || exit; fi
  printf '#!/bin/sh\n# written by onrush while it installs packages: no daemon starts\nexit 101\n' \
    | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || exit
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" || exit
  case " $* " in *' nginx '*)
    # Only when it was not there before: somebody else's nginx is not touched.
    as_root update-rc.d nginx disable ;;
  esac
)
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "packages are missing and there is no sudo; run this as root once"; fi
}
apt_update() { as_root apt-get update -q >/dev/null 2>&1 </dev/null || say "apt-get update failed; trying with what is known"; }

# One compiler job per core, but no more than memory allows (the largest file needs about 1.5 GB).
build_jobs() {
  local cores memory_gb by_memory
  cores=$(nproc)
  memory_gb=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
  by_memory=$((memory_gb * 2 / 3)); [ "$by_memory" -lt 1 ] && by_memory=1
  [ "$cores" -lt "$by_memory" ] && echo "$cores" || echo "$by_memory"
}

# build_preset PRESET TARGET...   (no target: everything)
build_preset() {
  local preset=$1; shift
  cd "$root" || exit 3
  local log="build/$preset.configure.log"
  mkdir -p build
  cmake --preset "$preset" -DONRUSH_TESTS="${ONRUSH_TESTS:-ON}" >"$log" 2>&1 </dev/null \
    || { tail -n 30 "$log" >&2; die "cmake could not configure build/$preset"; }
  local quiet=(); [ -t 1 ] || quiet=(--quiet)
  cmake --build "build/$preset" -j "$(build_jobs)" ${@:+--target "$@"} -- "${quiet[@]}" </dev/null \
    || die "the build of build/$preset failed"
}
