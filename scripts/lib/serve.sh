# The desk with all that belongs to it: web server, worker, scheduler, live progress, the practice portal.

serve() {
  [ -f "$own/pyproject.installed" ] || fail "no site yet: make site"
  serve_site
  say "http://$site:$web_port (or http://127.0.0.1:$web_port), user Administrator, password in $secrets; Ctrl-C ends"
  wait "$web_process"
}

serve_site() { # starts everything for $site; ended with this process
  start_services
  trap 'kill $(jobs -p) 2>/dev/null || true; give_back_app; stop_started; exit 0' INT TERM EXIT
  in_background worker bench worker
  in_background schedule bench schedule
  in_background socketio node apps/frappe/socketio.js
  in_background portal "$bench_dir/env/bin/python" -m hocbaso_app.cli sandbox --port "$portal_port" --data "sites/$site/private/hbs-demo-portal"
  in_background web env DEV_SERVER=1 bench --site "$site" serve --port "$web_port" --noreload
  web_process=$!
  wait_until 60 listening "$web_port" || fail "the web server does not answer: see $own/web.log"
}

listening() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

in_background() { # in_background NAME COMMAND…, in the bench's folder, output into services/NAME.log
  local log=$own/$1.log; shift
  (cd "$bench_dir" && exec "$@" >"$log" 2>&1) &
}

play() { # play PUPILS: a small school, fresh each time, ready for people in a browser
  start_services
  trap 'give_back_app; stop_started' EXIT
  borrow_app
  make_test_site
  copy_site "$test_site" "$play_site"
  site=$play_site web_port=$((web_port + 50)) portal_port=$((portal_port + 1))
  logged play on_site execute hocbaso_app.setup.demo.school.build --kwargs "{'pupils_per_class': ${1:-3}, 'portal_port': $portal_port}"
  logged config on_site scheduler enable
  serve_site
  say "people in $bench_dir/sites/$site/private/hbs-demo-people.json"
  say "portal http://127.0.0.1:$portal_port"
  say "open http://127.0.0.1:$web_port"
  wait "$web_process"
}
