# Tests on sites of their own, so the demo school stays as it is. Stop what they started, put back what they changed.

run_tests() { # run_tests ARGUMENTS…
  command -v softhsm2-util >/dev/null || say "tests with a key in an HSM are skipped; for those install: apt-get install softhsm2"
  start_services
  borrow_app
  trap 'give_back_app; stop_started' EXIT
  make_test_site
  : >"$claims"
  try_tests "$@" || again || fail "tests on the site failed"
}

try_tests() { # Frappe's exit code tells of a failed test only with CI set, and then its workers no longer commit
  (site=$test_site && HOCBASO_REQUIREMENTS=$claims on_site run-tests --app hocbaso_app "$@") 2>&1 | tee "$outcome" &&
    grep -q '^OK' "$outcome" && ! grep -q '^FAILED' "$outcome"
}

again() { # a busy machine may run out of patience: what failed has one more try, and it is said
  local module modules
  modules=$(sed -nE 's/^(ERROR|FAIL): [^ ]+ \((.*)\.[A-Z][A-Za-z0-9]*(\.[^.]+)?\)$/\2/p' "$outcome" | sort -u)
  [ -n "$modules" ] || return 1
  for module in $modules; do
    say "failed, one more try: $module"
    try_tests --module "$module" || return 1
  done
}

make_test_site() { # $test_site with the newest state of the app
  local site=$test_site stamp=$bench_dir/sites/$test_site/.migrated
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ] && return
  say "the site for tests"
  make_site; put_in
  logged config on_site scheduler disable # a worker that serves another site is not to be kept busy by this one
  fingerprint >"$stamp"
}

fingerprint() { # of all that a site takes over from the app when it migrates
  (cd "$root/hocbaso_app" && find . -type f \( -name '*.json' -o -name '*.csv' -o -name '*.txt' -o -path './setup/*.py' \
    -o -path './patches/*.py' -o -name hooks.py -o -name install.py \) -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

borrow_app() { # for the time of the tests the bench runs this checkout
  add_libraries
  lender=$(readlink -f "$link" || true)
  [ "$lender" = "$root" ] || point_at "$root"
}

give_back_app() { # to the checkout it belongs to, if that is still there
  [ "${lender:-$root}" = "$root" ] || [ ! -d "$lender/hocbaso_app" ] || point_at "$lender"
}

install_check() {
  start_services
  borrow_app
  trap 'give_back_app; stop_started' EXIT
  make_test_site
  copy_site "$test_site" "check.$site"
  bash "$root/scripts/site-install-check" "$bench_dir" "check.$site"
}

speed() { # speed ARGUMENTS…: benchmarks/site.py on a copy of the tests' site
  start_services
  trap stop_started EXIT
  make_test_site
  copy_site "$test_site" "speed.$site"
  (cd "$bench_dir/sites" && exec "$bench_dir/env/bin/python" "$root/benchmarks/site.py" --site "speed.$site" --sites-path . "$@")
}

receiving_speed() { # receiving_speed RECORDS ARGUMENTS…: benchmarks/receiving.py on a copy of the tests' site
  local records=${1:-1000} city; shift || true
  city=$own/city-$records
  start_services
  trap stop_started EXIT
  make_test_site
  [ -f "$city/schools.json" ] || { rm -rf "$city"; "$bench_dir/env/bin/python" "$root/benchmarks/city_records.py" "$city" "$records"; }
  copy_site "$test_site" "speed.$site"
  (cd "$bench_dir/sites" && exec "$bench_dir/env/bin/python" "$root/benchmarks/receiving.py" --site "speed.$site" \
    --sites-path . --folder "$city" --records "$records" "$@")
}
