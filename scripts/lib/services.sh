# The bench's own MariaDB and Redis on ports of their own; the system's are not touched.

cache_port=$((web_port + 5000)) queue_port=$((web_port + 3000))
started="" # what this very call started, for stop_started

as_database_root() { # as_database_root PROGRAM ARGUMENTS…
  local program=$1; shift
  MYSQL_PWD=$(secret database) "$program" --socket="$own/mariadb.sock" --user=root "$@"
}

database_up() { as_database_root mariadb-admin ping >/dev/null 2>&1; }
redis_up() { redis-cli -p "$1" ping >/dev/null 2>&1; }

start_services() { # prints nothing when all run
  database_up || start_database
  for pair in "cache $cache_port" "queue $queue_port"; do
    redis_up "${pair#* }" || start_redis "${pair% *}" "${pair#* }"
  done
}

start_database() {
  if [ ! -d "$own/mariadb/mysql" ]; then
    say "making the site's own MariaDB (port $db_port)"
    mariadb-install-db --no-defaults --datadir="$own/mariadb" --auth-root-authentication-method=normal \
      --skip-test-db >"$own/mariadb-install.log" 2>&1 || fail "mariadb-install-db failed: see $own/mariadb-install.log"
  fi
  (umask 077; echo "ALTER USER root@localhost IDENTIFIED BY '$(secret database)';" >"$own/first.sql")
  PATH=$PATH:/usr/sbin nohup mariadbd --no-defaults --datadir="$own/mariadb" --socket="$own/mariadb.sock" \
    --pid-file="$own/mariadb.pid" --port="$db_port" --bind-address=127.0.0.1 --init-file="$own/first.sql" \
    --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci --innodb-buffer-pool-size=256M \
    --innodb-flush-log-at-trx-commit=2 --max-allowed-packet=64M --log-error="$own/mariadb.log" >/dev/null 2>&1 &
  wait_until 60 database_up || fail "MariaDB does not answer: see $own/mariadb.log"
  rm -f "$own/first.sql"
  started="$started mariadb"
}

start_redis() { # start_redis NAME PORT
  (cd "$bench_dir" && nohup redis-server "config/redis_$1.conf" --daemonize no >"$own/redis-$1.log" 2>&1 &)
  wait_until 20 redis_up "$2" || fail "Redis does not answer: see $own/redis-$1.log"
  started="$started $2"
}

stop_services() { # stop_services [mariadb | redis port]…: those; without a name all
  local names=("$@") name
  [ $# -gt 0 ] || names=(mariadb "$cache_port" "$queue_port")
  for name in "${names[@]}"; do
    case $name in
      mariadb) database_up && as_database_root mariadb-admin shutdown 2>/dev/null || true ;;
      *) redis_up "$name" && redis-cli -p "$name" shutdown nosave >/dev/null 2>&1 || true ;;
    esac
  done
}

stop_started() {
  # shellcheck disable=SC2086
  [ -z "$started" ] || stop_services $started
  started=""
}

show_services() {
  database_up && say "MariaDB runs" || say "MariaDB is down"
  for port in $cache_port $queue_port; do redis_up "$port" && say "Redis $port runs" || say "Redis $port is down"; done
}
