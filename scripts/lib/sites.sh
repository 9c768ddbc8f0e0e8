# Sites of the bench: made with bench, or as a copy of another one.

installed() { on_site list-apps 2>/dev/null | awk '{print $1}' | grep -qx "$1"; }

make_site() { # $site with ERPNext and Education
  if [ ! -f "$bench_dir/sites/$site/.made" ]; then
    say "bench new-site $site"
    logged new-site bench new-site "$site" --force --db-root-username root --db-root-password "$(secret database)" \
      --admin-password "$(secret administrator)" --mariadb-user-host-login-scope=%
    touch "$bench_dir/sites/$site/.made"
  fi
  for app in erpnext education; do
    installed "$app" || { say "installing $app"; logged "install-$app" install_app "$app"; }
  done
}

install_app() { # an app that Education names without its owner is looked up on GitHub, unless such a folder is found first
  mkdir -p "$bench_dir/sites/erpnext"
  local outcome=0
  on_site install-app "$1" || outcome=$?
  rmdir "$bench_dir/sites/erpnext"
  return $outcome
}

copy_site() { # copy_site FROM TO: TO is thrown away and made again with FROM's database and files
  local from=$bench_dir/sites/$1 to=$bench_dir/sites/$2 database password
  database=hbs_$(echo "$2" | tr -c 'a-z0-9\n' _) password=$(secret "copy_$2")
  as_database_root mariadb -e "DROP DATABASE IF EXISTS \`$database\`; CREATE DATABASE \`$database\`;
    CREATE OR REPLACE USER '$database'@'%' IDENTIFIED BY '$password';
    CREATE OR REPLACE USER '$database'@localhost IDENTIFIED BY '$password';
    GRANT ALL ON \`$database\`.* TO '$database'@'%', '$database'@localhost;"
  as_database_root mariadb-dump --single-transaction --routines "$(site_setting "$from" db_name)" | as_database_root mariadb "$database"
  rm -rf "${to:?}"
  cp -a "$from" "$to"
  (cd / && site=$2 && for pair in "db_name $database" "db_password $password"; do
    # shellcheck disable=SC2086
    logged config on_site set-config $pair
  done
  logged config on_site clear-cache) # Redis may remember the site that had this name
}

site_setting() { "$bench_dir/env/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1] + "/site_config.json"))[sys.argv[2]])' "$@"; }
