# A school's site and the department's, as tests/two_sites wants them: made here, then ruled by tests/two_sites/house.py.

two() { # two WIRE-PORT PUPILS: the school reaches the department through a wire on this port, which the caller may cut
  export HOCBASO_SCHOOL_SITE=school.$site HOCBASO_CITY_SITE=city.$site
  export HOCBASO_SCHOOL_PORT=$((web_port + 60)) HOCBASO_CITY_PORT=$((web_port + 70)) HOCBASO_BENCH=$bench_dir
  start_services
  trap 'give_back_app; stop_services' EXIT # whatever was killed and started again meanwhile
  borrow_app
  make_test_site
  for name in "$HOCBASO_SCHOOL_SITE" "$HOCBASO_CITY_SITE"; do
    copy_site "$test_site" "$name"
    (site=$name && logged config on_site scheduler enable)
  done
  make_city "$@"
  "$(find_python)" "$root/tests/two_sites/house.py"
}
