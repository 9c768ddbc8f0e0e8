# The bench: Frappe, ERPNext, Education, and settings of this bench only.

bench() { (cd "$bench_dir" && command bench "$@"); }
on_site() { bench --site "$site" "$@"; }

make_bench() {
  if [ ! -f "$bench_dir/.made" ]; then
    [ ! -e "$bench_dir" ] || fail "$bench_dir is there but incomplete: remove it and run again"
    say "bench init: Frappe 15 (some minutes)"
    logged init command bench init --frappe-branch version-15 --python "$(find_python)" --skip-assets --no-backups "$bench_dir" ||
      { rm -rf "$bench_dir"; exit 1; }
    touch "$bench_dir/.made"
  fi
  for app in erpnext education; do
    if [ ! -f "$bench_dir/apps/$app/.got" ]; then
      say "bench get-app: $app 15"
      rm -rf "${bench_dir:?}/apps/$app"
      logged "get-$app" bench get-app --branch version-15 --skip-assets "https://github.com/frappe/$app"
      touch "$bench_dir/apps/$app/.got"
    fi
  done
}

set_config() { # ports of this bench only
  mkdir -p "$own"; chmod 700 "$own"
  logged config bench set-config -g webserver_port "$web_port"
  for pair in "socketio_port $((web_port + 1000))" "db_port $db_port"; do
    # shellcheck disable=SC2086
    logged config bench set-config -gp $pair
  done
  logged config bench set-config -g db_host 127.0.0.1
  for pair in "redis_cache $cache_port" "redis_queue $queue_port" "redis_socketio $queue_port"; do
    logged config bench set-config -g "${pair% *}" "redis://127.0.0.1:${pair#* }"
  done
  logged config bench set-config -g default_site "$site"
  logged config bench setup redis
}

secret() { # secret NAME: the password of that name, made on first use
  [ -f "$secrets" ] || (umask 077 && : >"$secrets")
  local found
  found=$(sed -n "s/^$1=//p" "$secrets")
  if [ -z "$found" ]; then
    found=$("$(find_python)" -c 'import secrets; print(secrets.token_urlsafe(18))')
    echo "$1=$found" >>"$secrets"
  fi
  echo "$found"
}

make_assets() {
  if [ ! -f "$own/assets.made" ]; then
    say "bench build: the desk's scripts and styles (some minutes)"
    logged build bench build
    touch "$own/assets.made"
  fi
}
