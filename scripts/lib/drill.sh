# A restore drill: a backup is taken and put into a site of its own, everything is verified there; a protocol says how it went.

hours=${HOCBASO_LOSS_HOURS:-24} minutes=${HOCBASO_RESTORE_MINUTES:-240} # targets: what may be lost, how long it may take

restore_drill() { # restore_drill [KEEP]: of $site; with KEEP the drill's site stays
  local drill=drill.$site folder=$bench_dir-logs/drill-$(date +%Y%m%d-%H%M%S) begun seconds=0 failed=0 database password lost
  start_services
  trap 'stop_started' EXIT
  mkdir -p "$folder"; chmod 700 "$folder"
  protocol=$folder/protocol.txt
  note "Restore drill of $site, $(date '+%d/%m/%Y %H:%M:%S')"
  [ "$site" != "${site#drill.}" ] && fail "$site is a drill's site itself"

  timed "what is there now" on_site execute hocbaso_app.setup.restore_drill.take --kwargs "{'path': '$folder/before.json'}"
  timed "backup: database and attachments" on_site backup --with-files --backup-path "$folder" --compress
  timed "what is there after it" on_site execute hocbaso_app.setup.restore_drill.take --kwargs "{'path': '$folder/after.json'}"
  timed "backup: private/hbs-* (trust folder, archives) and encryption key" save_own "$folder"

  begun=$SECONDS
  database=hbs_$(echo "$drill" | tr -c 'a-z0-9\n' _) password=$(secret "drill_$site")
  timed "an empty site $drill" empty_site "$drill" "$database" "$password"
  timed "restore: database and attachments" restore_into "$drill" "$folder"
  timed "restore: private/hbs-* and encryption key" give_own "$drill" "$folder"
  timed "the app's newest state on it (migrate)" migrated "$drill"
  [ "$(count_apps "$drill")" = "$(count_apps "$site")" ] || { note "  FAIL  not the same apps"; failed=1; }
  note "Verified on the restored site:"
  (site=$drill; on_site execute hocbaso_app.setup.restore_drill.check --kwargs "{'before': '$folder/before.json', 'after': '$folder/after.json'}") >"$folder/check" 2>"$folder/check.err" || failed=1
  grep -E '^  ' "$folder/check" | tee -a "$protocol" || { tail -n 20 "$folder/check.err" >&2; failed=1; }
  seconds=$((SECONDS - begun))

  lost=$(on_site execute hocbaso_app.setup.restore_drill.lost --kwargs "{'path': '$folder/before.json'}" 2>/dev/null | grep -E '^[0-9]+ [0-9]+$' | tail -n 1)
  note "Lost with this backup if the site died now: ${lost% *} steps of the last ${lost#* } minutes (target: at most $hours hours)"
  note "Time from the empty site to verified: $((seconds / 60)) min $((seconds % 60)) s (target: at most $minutes min)"
  [ "${lost#* }" -le $((hours * 60)) ] || failed=1
  [ "$seconds" -le $((minutes * 60)) ] || failed=1
  if [ "${1:-}" = KEEP ]; then note "$drill stays, with its scheduler paused"; else throw_away "$drill" "$database"; fi
  rm -f "$folder"/*.sql.gz "$folder"/*.tgz "$folder"/*.tar.gz "$folder"/*-site_config_backup.json # pupils' data, keys
  note "$([ $failed = 0 ] && echo "Result: RESTORED, EVERYTHING RIGHT" || echo "Result: FAILED")"
  say "protocol: $protocol"
  return $failed
}

note() { echo "$*" | tee -a "$protocol"; }

timed() { # timed TEXT COMMAND…
  local text=$1 from=$SECONDS; shift
  (logged restore-drill "$@")
  note "  ok    $text ($((SECONDS - from)) s)"
}

save_own() { # Frappe's backup knows neither of these
  local found
  found=$(cd "$bench_dir/sites/$site/private" && ls -d hbs-* 2>/dev/null || true)
  # shellcheck disable=SC2086
  tar -C "$bench_dir/sites/$site/private" -czf "$1/own.tar.gz" --files-from /dev/null $found
  (umask 077; site_setting "$bench_dir/sites/$site" encryption_key >"$1/encryption_key" 2>/dev/null || : >"$1/encryption_key")
}

give_own() { # give_own DRILL FOLDER
  tar -C "$bench_dir/sites/$1/private" -xzf "$2/own.tar.gz"
  [ ! -s "$2/encryption_key" ] || (site=$1; on_site set-config encryption_key "$(cat "$2/encryption_key")")
  rm -f "$2/encryption_key"
}

empty_site() { # empty_site DRILL DATABASE PASSWORD: nothing runs on it by itself, nothing leaves it
  local to=$bench_dir/sites/$1
  rm -rf "${to:?}"
  mkdir -p "$to/private/files" "$to/private/backups" "$to/public/files" "$to/locks" "$to/logs"
  printf '{"db_name": "%s", "db_password": "%s", "db_type": "mariadb", "pause_scheduler": 1, "mute_emails": 1}\n' "$2" "$3" >"$to/site_config.json"
  as_database_root mariadb -e "DROP DATABASE IF EXISTS \`$2\`; CREATE DATABASE \`$2\`;
    CREATE OR REPLACE USER '$2'@'%' IDENTIFIED BY '$3'; CREATE OR REPLACE USER '$2'@localhost IDENTIFIED BY '$3';
    GRANT ALL ON \`$2\`.* TO '$2'@'%', '$2'@localhost;"
}

restore_into() { # restore_into DRILL FOLDER
  local site=$1 sql files private
  sql=$(ls "$2"/*-database.sql.gz) files=$(ls "$2"/*-files.tgz | grep -v private) private=$(ls "$2"/*-private-files.tgz)
  on_site restore "$sql" --force --db-root-username root --db-root-password "$(secret database)" \
    --with-public-files "$files" --with-private-files "$private"
}

migrated() { local site=$1; on_site migrate; }

count_apps() { (site=$1; on_site list-apps 2>/dev/null | awk '{print $1}' | sort | tr '\n' ' '); }

throw_away() { # throw_away DRILL DATABASE
  rm -rf "${bench_dir:?}/sites/$1" || { sleep 2; rm -rf "${bench_dir:?}/sites/$1"; } # a log may be written meanwhile
  as_database_root mariadb -e "DROP DATABASE IF EXISTS \`$2\`; DROP USER IF EXISTS '$2'@'%', '$2'@localhost;"
}
