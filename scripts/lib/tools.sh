# bench, uv and yarn for the bench's user, beside the bench and not in it.

tools=$HOME/.local/share/hocbaso
export PATH=$tools/bin:$tools/node/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_CONSTRAINT=$tools/constraints.txt UV_CONSTRAINT=$tools/constraints.txt UV_BUILD_CONSTRAINT=$tools/constraints.txt

find_python() { # the system's interpreter: Frappe 15 takes 3.10 to 3.13
  local name
  for name in ${HOCBASO_PYTHON:-} /usr/bin/python3 python3.12 python3.11 python3.10 python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then
      command -v "$name"; return
    fi
  done
  fail "needs Python 3.10 to 3.13 with venv"
}

need() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || fail "needs $1 (Debian: apt-get install $2)"; }

make_tools() {
  need git git; need node nodejs; need npm npm; need mariadbd mariadb-server; need redis-server redis-server
  mkdir -p "$tools"
  # Frappe 15 still imports pkg_resources, which newer setuptools no longer bring
  echo 'setuptools<80' >"$PIP_CONSTRAINT"
  if ! { command -v bench && command -v uv; } >/dev/null; then
    say "installing bench (PyPI)"
    "$(find_python)" -m venv "$tools"
    "$tools/bin/pip" install --quiet frappe-bench
  fi
  if ! command -v yarn >/dev/null; then
    say "installing yarn 1 (npm)"
    npm install --global --silent --prefix "$tools/node" yarn@1.22.22 >/dev/null
  fi
}
