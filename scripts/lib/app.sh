# This checkout in the bench: linked, not copied, so what is edited here runs there.

link=$bench_dir/apps/hocbaso_app

point_at() { # point_at CHECKOUT: code, desk files and Python's path of the bench lead there
  ln -sfn "$1" "$link"
  # a path file instead of an editable install: nothing is written into the checkout
  echo "$1" >"$("$bench_dir/env/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/hocbaso_app.pth"
  [ ! -d "$bench_dir/sites/assets" ] || ln -sfn "$1/hocbaso_app/public" "$bench_dir/sites/assets/hocbaso_app"
}

add_app() {
  [ ! -e "$link" ] || [ -L "$link" ] || fail "$link is there and is not this checkout"
  point_at "$root"
  add_libraries
  grep -qx hocbaso_app "$bench_dir/sites/apps.txt" || { [ -z "$(tail -c1 "$bench_dir/sites/apps.txt")" ] || echo >>"$bench_dir/sites/apps.txt"; echo hocbaso_app >>"$bench_dir/sites/apps.txt"; }
  put_in
}

add_libraries() { # what pyproject.toml names, into the bench's environment
  cmp -s "$root/pyproject.toml" "$own/pyproject.installed" && return
  say "installing this app's libraries into the bench"
  logged libraries "$bench_dir/env/bin/pip" install --quiet $("$bench_dir/env/bin/python" - "$root/pyproject.toml" <<'PY'
import sys
try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
print(*project["dependencies"], *project["optional-dependencies"]["pkcs11"])  # a seal's key may be in an HSM
PY
)
  cp "$root/pyproject.toml" "$own/pyproject.installed"
}

put_in() { # the app on $site, or its newest state
  if installed hocbaso_app; then
    say "bench migrate"; logged migrate on_site migrate
  else
    say "installing hocbaso_app"; logged install-hocbaso_app install_app hocbaso_app
  fi
  logged config on_site set-config -p allow_tests 1
  say "language, time zone, company"
  logged prepare on_site execute hocbaso_app.setup.site.prepare
}

make_school() { # five classes with 175 pupils in Education, staff, users, demo certificates
  [ -z "${HOCBASO_NO_DEMO:-}" ] || return 0
  say "the made-up school"
  logged demo on_site execute hocbaso_app.setup.demo.school.build --kwargs "{'portal_port': $portal_port}"
  tail -n 1 "$bench_dir-logs/demo.log"
  say "its people's passwords and PINs: $bench_dir/sites/$site/private/hbs-demo-people.json"
}

build() {
  make_tools; make_bench; set_config; start_services; make_site; add_app; make_assets; make_school
  say "ready: http://$site:$web_port after 'make serve'; user Administrator, password in $secrets"
}
