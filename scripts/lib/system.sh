# Who runs what: root installs the system's packages and hands over to the bench's user; settings with their defaults.

say() { echo "site: $*"; }
fail() { echo "site: $*" >&2; exit 1; }

packages="mariadb-server mariadb-client redis-server git sudo build-essential pkg-config libffi-dev libmariadb-dev
  python3-dev python3-venv cron nodejs npm libpango-1.0-0 libpangoft2-1.0-0 wkhtmltopdf"

as_root() { # what only root may do, then everything again as the bench's user
  local user=${HOCBASO_USER:-frappe} missing
  missing=$(for name in $packages; do dpkg -s "$name" >/dev/null 2>&1 || command_of "$name" || echo "$name"; done | tr '\n' ' ')
  if [ -n "$missing" ] && [ -z "${HOCBASO_NO_APT:-}" ] && command -v apt-get >/dev/null; then
    say "installing ${missing% } (apt)"
    apt-get update >/dev/null 2>&1 || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 ||
      say "not everything could be installed: $missing"
  fi
  id "$user" >/dev/null 2>&1 || { say "making the user $user"; useradd -m -s /bin/bash "$user"; }
  [ -z "${HOCBASO_BENCH:-}" ] || user=$(stat -c %U "$HOCBASO_BENCH" 2>/dev/null || echo "$user")
  exec su "$user" -c "cd / && exec env PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin $(passed_on) bash $(printf %q "$root/scripts/site") $(printf '%q ' "$@")"
}

command_of() { # nodejs and npm may come from elsewhere than the system's packages
  case $1 in nodejs) command -v node >/dev/null ;; npm) command -v npm >/dev/null ;; *) return 1 ;; esac
}

passed_on() {
  local name
  for name in HOCBASO_BENCH HOCBASO_NO_DEMO HOCBASO_SITE HOCBASO_WEB_PORT HOCBASO_DB_PORT HOCBASO_PORTAL_PORT HOCBASO_PYTHON HOCBASO_LOSS_HOURS HOCBASO_RESTORE_MINUTES; do
    [ -z "${!name:-}" ] || printf '%s=%q ' "$name" "${!name}"
  done
}

[ "$(id -u)" != 0 ] || as_root "$@"

bench_dir=${HOCBASO_BENCH:-$HOME/hocbaso-bench}
site=${HOCBASO_SITE:-hocbaso.localhost}
test_site=test.$site
play_site=play.$site
web_port=${HOCBASO_WEB_PORT:-8100}
db_port=${HOCBASO_DB_PORT:-13317}
portal_port=${HOCBASO_PORTAL_PORT:-8190} # the practice portal beside the desk
own=$bench_dir/services # data, sockets and logs of MariaDB; Redis keeps what bench wrote in config/
secrets=$own/passwords # mode 0600, outside git
claims=$own/claims.jsonl # which rows of the regulation the last run of the site's tests proved
outcome=$own/tests.log # what the last run of the site's tests said

logged() { # logged NAME COMMAND…: output into a file, its end shown when it fails
  local log=$bench_dir-logs/$1.log; shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || { tail -n 25 "$log" >&2; fail "failed: $*; the whole output is in $log"; }
}

wait_until() { # wait_until SECONDS COMMAND…
  local left=$(($1 * 5)); shift
  until "$@"; do left=$((left - 1)); [ $left -gt 0 ] || return 1; sleep 0.2; done
}
