"""What Frappe is told about this app."""

app_name = "hocbaso_app"
app_title = "Học bạ số"
app_publisher = "hocbaso_app"
app_description = "Vietnam's digital primary-school record (học bạ số) for Frappe / ERPNext Education"
app_email = "hocbaso_app@example.invalid"
app_license = "MIT"
required_apps = ["frappe/education"]

export_python_type_annotations = True
require_type_annotated_api_methods = True

before_install = "hocbaso_app.install.before_install"
after_install = "hocbaso_app.install.after_install"
before_migrate = "hocbaso_app.install.before_migrate"
after_migrate = "hocbaso_app.install.after_migrate"
before_uninstall = "hocbaso_app.install.before_uninstall"

_scoped = (
    "HBS Unit",
    "HBS Staff Member",
    "HBS Board",
    "HBS Teaching Assignment",
    "HBS Summary Confirmation",
    "HBS Certificate",
    "HBS Record",
    "HBS Record Version",
    "HBS Signing Batch",
    "HBS Audit Entry",
    "HBS Schedule",
)
permission_query_conditions = dict.fromkeys(_scoped, "hocbaso_app.permissions.scope.query_conditions")
has_permission = dict.fromkeys(_scoped, "hocbaso_app.permissions.scope.has_permission")

_scope_sources = ("HBS Unit", "HBS Staff Member", "HBS Teaching Assignment", "User")
doc_events = {
    _scope_sources: {
        "on_change": "hocbaso_app.permissions.scope.forget_scopes",
        "after_delete": "hocbaso_app.permissions.scope.forget_scopes",
    },
    "HBS Schedule": {
        "on_update": "hocbaso_app.jobs.desk.after_schedule_change",
        "after_delete": "hocbaso_app.jobs.desk.after_schedule_change",
    },
    "DocShare": {"validate": "hocbaso_app.permissions.scope.refuse_foreign_share"},
}

scheduler_events = {"daily_long": ["hocbaso_app.jobs.nightly.verify_evidence"]}

add_to_apps_screen = [
    {
        "name": "hocbaso_app",
        "title": "Học bạ số",
        "route": "/app/digital-record",
        "logo": "/assets/hocbaso_app/images/logo.svg",
    }
]

app_include_js = "/assets/hocbaso_app/js/hocbaso.js"
