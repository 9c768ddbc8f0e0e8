# bench: the folder of a finished bench, HOCBASO_BENCH or what `make site` made; empty where none is. bench_user: its owner.

for bench in "${HOCBASO_BENCH:-}" "$HOME/hocbaso-bench" "$(getent passwd "${HOCBASO_USER:-frappe}" | cut -d: -f6)/hocbaso-bench"; do
  [ -n "$bench" ] && [ -f "$bench/services/passwords" ] && break
  bench=
done
bench_user=$([ -z "$bench" ] || stat -c %U "$bench")

as_bench_user() { # only root can become somebody else
  if [ "$(id -u)" = 0 ]; then su "$bench_user" -c "$(printf '%q ' "$@")"; else "$@"; fi
}
