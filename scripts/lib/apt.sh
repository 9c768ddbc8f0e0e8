# For scripts that need a package of the system; sourced.

can_apt() { [ "$(id -u)" = 0 ] && [ -z "${HOCBASO_NO_APT:-}" ] && command -v apt-get >/dev/null; }

apt_install() {
  echo "setup: installing $* (apt)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 ||
    { apt-get update >/dev/null 2>&1 && apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1; }
}
