# A school's site and the department's, as tests/two_sites wants them: made here, then ruled by tests/two_sites/house.py.

two() { # two [WIRE-PORT] [PUPILS]: the school reaches the department through a wire on this port, which the caller may cut
  export HOCBASO_SCHOOL_SITE=school.$site HOCBASO_CITY_SITE=city.$site
  export HOCBASO_SCHOOL_PORT=$((web_port + 60)) HOCBASO_CITY_PORT=$((web_port + 70)) HOCBASO_BENCH=$bench_dir
  start_services
  trap 'give_back_app; stop_started' EXIT
  borrow_app
  make_test_site
  for name in "$HOCBASO_SCHOOL_SITE" "$HOCBASO_CITY_SITE"; do
    copy_site "$test_site" "$name"
    (site=$name && logged config on_site scheduler enable)
  done
  make_city "${1:-$HOCBASO_CITY_PORT}" "${2:-3}"
  "$(find_python)" "$root/tests/two_sites/house.py"
}

make_city() { # make_city WIRE-PORT PUPILS
  say "the school's site and the department's"
  (site=$HOCBASO_SCHOOL_SITE && logged two-school on_site execute hocbaso_app.setup.demo.school.build \
    --kwargs "{'pupils_per_class': $2, 'authority': 'http://127.0.0.1:$1'}")
  (site=$HOCBASO_CITY_SITE && logged two-city on_site execute hocbaso_app.setup.demo.two_sites.build_city \
    --kwargs "{'school_folder': '$bench_dir/sites/$HOCBASO_SCHOOL_SITE/private', 'address': 'http://127.0.0.1:$HOCBASO_CITY_PORT'}")
}
