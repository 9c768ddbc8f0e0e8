"""What Frappe is told about this app."""

from hocbaso_app.permissions import scoped as _scoped

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
after_sync = "hocbaso_app.install.after_sync"
before_migrate = "hocbaso_app.install.before_migrate"
after_migrate = "hocbaso_app.install.after_migrate"
before_uninstall = "hocbaso_app.install.before_uninstall"
after_uninstall = "hocbaso_app.setup.uninstall.remove"
before_tests = "hocbaso_app.install.before_tests"

fixtures = [
    {"dt": "Custom Field", "filters": [["module", "=", "HocBaSo App"]]},
    {"dt": "Role", "filters": [["name", "like", "HBS %"]]},
    {
        "dt": "Workflow Action Master",
        "filters": [
            [
                "name",
                "in",
                [
                    "Initialise",
                    "Confirm check",
                    "Report fault",
                    "Sign",
                    "Release record",
                    "Return record",
                    "Move task",
                    "Submit record",
                    "Receive answer",
                    "Request recall",
                    "Approve recall",
                    "Refuse recall",
                    "Send again",
                    "Withdraw record",
                    "Start correction",
                ],
            ]
        ],
    },
    {
        "dt": "Workflow State",
        "filters": [
            [
                "name",
                "in",
                [
                    "Draft",
                    "Initialised",
                    "Checked",
                    "Subject Signing",
                    "Homeroom Signing",
                    "Manager Signing",
                    "Release",
                    "Released",
                    "Submitted",
                    "Accepted",
                    "Recall Requested",
                    "Recalled",
                ],
            ]
        ],
    },
]

_traces = ("Activity Log", "Comment", "Deleted Document", "Tag Link", "Version", "View Log")
permission_query_conditions = {
    **dict.fromkeys(_scoped.SCOPED_DOCTYPES, "hocbaso_app.permissions.scope.query_conditions"),
    **dict.fromkeys(_scoped.ROWS_OF, "hocbaso_app.permissions.scope.row_conditions"),
    **dict.fromkeys(_traces, "hocbaso_app.permissions.traces.query_conditions"),
    "Student Group": "hocbaso_app.permissions.classes.query_conditions",
    "HBS Signing Pattern": "hocbaso_app.permissions.patterns.query_conditions",
}
has_permission = {
    **dict.fromkeys(_scoped.SCOPED_DOCTYPES, "hocbaso_app.permissions.scope.has_permission"),
    **dict.fromkeys(_traces, "hocbaso_app.permissions.traces.has_permission"),
    "HBS Signing Pattern": "hocbaso_app.permissions.patterns.has_permission",
}
override_whitelisted_methods = {
    "frappe.utils.print_format.download_pdf": "hocbaso_app.api.prints.download_pdf",
    "frappe.core.doctype.data_import.data_import.download_template": "hocbaso_app.api.exports.export_template",
    "frappe.core.doctype.data_export.exporter.export_data": "hocbaso_app.api.exports.export_data",
    "frappe.desk.query_report.export_query": "hocbaso_app.api.exports.export_report",
    "frappe.desk.reportview.export_query": "hocbaso_app.api.exports.export_list",
    "frappe.client.get_count": "hocbaso_app.api.guards.get_count",
    "frappe.client.validate_link": "hocbaso_app.api.guards.validate_link",
    "frappe.desk.search.get_link_title": "hocbaso_app.api.guards.get_link_title",
    "frappe.desk.like.toggle_like": "hocbaso_app.api.guards.toggle_like",
    "frappe.desk.doctype.tag.tag.add_tag": "hocbaso_app.api.guards.add_tag",
    "frappe.desk.doctype.tag.tag.add_tags": "hocbaso_app.api.guards.add_tags",
    "frappe.desk.doctype.tag.tag.remove_tag": "hocbaso_app.api.guards.remove_tag",
    "frappe.desk.doctype.tag.tag.get_tagged_docs": "hocbaso_app.api.guards.get_tagged_docs",
}

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
    "HBS Outage": {"on_update": "hocbaso_app.jobs.desk.after_outage_change"},
    "Scheduled Job Type": {"validate": "hocbaso_app.services.holds.check_scheduled_job"},
    "System Settings": {"validate": "hocbaso_app.services.holds.check_system_settings"},
    "Role": {"before_import": "hocbaso_app.setup.roles.keep_site_settings"},
    "Print Format": {"validate": "hocbaso_app.services.preview.refuse_other_formats"},
    "DocShare": {"validate": "hocbaso_app.permissions.scope.refuse_foreign_share"},
    ("HBS Record", "HBS Board", "HBS Inspection", "HBS Inspection Sample", "HBS Notice", "HBS Subject"): {
        "validate": "hocbaso_app.permissions.rows.own_rows_only"
    },
    "File": {
        "validate": "hocbaso_app.permissions.attachments.private_and_own",
        "on_trash": "hocbaso_app.services.recall.keep_evidence",
    },
    "Document Follow": {"validate": "hocbaso_app.permissions.scope.refuse_foreign_follow"},
}

before_request = ["hocbaso_app.permissions.requests.refuse_expanded_links", "hocbaso_app.api.portal.take_over"]
page_renderer = [
    "hocbaso_app.api.public.LookUpPage",
    "hocbaso_app.api.public.ClassBookPage",
    "hocbaso_app.api.portal.PortalPage",
]
after_request = ["hocbaso_app.permissions.refusals.write", "hocbaso_app.api.portal.say_unreadable"]

on_session_creation = ["hocbaso_app.jobs.exchange.at_log_in"]

scheduler_events = {
    "daily_long": [
        "hocbaso_app.jobs.nightly.verify_evidence",
        "hocbaso_app.jobs.prints.clear_old_runs",
        "hocbaso_app.jobs.exchange.fetch_registry",
        "hocbaso_app.jobs.morning.follow_and_compare",
        "hocbaso_app.jobs.signers.nightly",
        "hocbaso_app.jobs.reconciliation.nightly",
        "hocbaso_app.jobs.recalls.remind",
        "hocbaso_app.jobs.overview.count_quality",
    ],
    "cron": {
        "* * * * *": ["hocbaso_app.jobs.receiving.wake_waiting", "hocbaso_app.jobs.signing.wake_waiting"],
        "*/5 * * * *": [
            "hocbaso_app.jobs.channel.wake",
            "hocbaso_app.jobs.signing.wake_silent",
            "hocbaso_app.jobs.timestamps.wake",
            "hocbaso_app.jobs.exchange.wake",
            "hocbaso_app.jobs.locks.close_tickets",
        ],
        "30 6 * * *": ["hocbaso_app.jobs.digest.wake", "hocbaso_app.jobs.notices.remind_of_due_tasks"],
        "1 0 * * *": ["hocbaso_app.jobs.units.follow_dates"],
        "*/10 22-23,0-5 * * *": ["hocbaso_app.jobs.night_watch.wake"],
        "5 6 * * *": ["hocbaso_app.jobs.night_watch.warn"],
        "50 23 * * *": ["hocbaso_app.jobs.roots.wake"],
        "30 1 * * *": ["hocbaso_app.jobs.long_term.wake"],
        "25 1,7,13,19 * * *": ["hocbaso_app.jobs.revocation.wake"],
        "35 6 * * *": ["hocbaso_app.jobs.revocation.warn"],
    },
    "hourly": [
        "hocbaso_app.jobs.channel.count_progress",
        "hocbaso_app.jobs.exchange.watch",
        "hocbaso_app.jobs.archives.follow",
        "hocbaso_app.jobs.reconciliation.go_on",
        "hocbaso_app.jobs.roots.send",
    ],
}

add_to_apps_screen = [
    {
        "name": "hocbaso_app",
        "title": "Học bạ số",
        "route": "/app/digital-record",
        "logo": "/assets/hocbaso_app/images/logo.svg",
        "has_permission": "hocbaso_app.permissions.desk_users.has_desk",
    }
]

app_include_js = [
    "/assets/hocbaso_app/js/hocbaso.js",
    "/assets/hocbaso_app/js/people.js",
    "/assets/hocbaso_app/js/prints.js",
    "/assets/hocbaso_app/js/exchange.js",
    "/assets/hocbaso_app/js/outbox.js",
    "/assets/hocbaso_app/js/reconciliation.js",
    "/assets/hocbaso_app/js/recalls.js",
    "/assets/hocbaso_app/js/receiving.js",
    "/assets/hocbaso_app/js/hocbaso_desk.js",
    "/assets/hocbaso_app/js/reception.js",
    "/assets/hocbaso_app/js/notices.js",
    "/assets/hocbaso_app/js/locks.js",
    "/assets/hocbaso_app/js/signers.js",
    "/assets/hocbaso_app/js/long_term.js",
    "/assets/hocbaso_app/js/vgca.js",
]

get_website_user_home_page = "hocbaso_app.services.family.home_page"
standard_portal_menu_items = [{"title": "Digital records of my children", "route": "/hoc-ba"}]

jinja = {"methods": ["hocbaso_app.services.preview.record_preview"]}
pdf_body_html = "hocbaso_app.services.preview.body_html"
