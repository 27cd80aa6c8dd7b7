"""What the columns of the back office itself are, and those of the apps that it is built on."""

from backoffice.privacy.registry import Fact, Names, declare, declare_app, internal, none, personal, sensitive

UNNAMED = "without the names of those who were purged"
LOG = f"The log of operations: no limit, {UNNAMED}"
JOBS = f"Until it is cleared with the queue; {UNNAMED}"
ACCOUNT = "As long as the account; an account goes with its person when they are purged"
SESSION = "Until it ends; at once when its person is purged"

REQUEST = internal("Which request it was, by the number that a proxy may give", names=Names.LOG)


def in_log(purpose: str, *, of: str = "") -> Fact:
    return personal(purpose, LOG, names=Names.LOG, of=of)


declare(
    "backoffice.Operation",
    {
        **dict.fromkeys(
            ("kind", "at", "rows", "number", "state", "undoes", "expired_at", "transaction"),
            internal(),
        ),
        "request_id": REQUEST,
        "actor": personal("Who is answerable for a change", LOG),
        "actor_name": in_log("Who is answerable for a change, when the account is gone", of="actor"),
        "source": in_log("Which command made a change, and as whom on that machine"),
        "reason": sensitive(
            "Why something was changed, in words of the person who did", LOG, names=Names.LOG
        ),
        "subject": in_log("Which rows were changed, by name"),
        "details": in_log("What was asked for"),
        "search_text": personal("To search the log", LOG),
    },
)
declare(
    "backoffice.Job",
    {
        **dict.fromkeys(
            (
                *(
                    "kind",
                    "part",
                    "path",
                    "language",
                    "rows",
                    "state",
                    "attempt",
                    "phase",
                    "recorded",
                    "changed",
                ),
                *("cancel_asked", "beat_at", "created_at", "started_at", "finished_at", "operation"),
            ),
            internal(),
        ),
        "request_id": REQUEST,
        "actor": personal("Who asked for it", JOBS),
        "title": personal("What is being done, for the person who waits", JOBS, names=Names.LOG),
        "message": personal("What came of it", JOBS, names=Names.LOG),
        "back": personal("The way back to the page where it was asked for", JOBS, names=Names.LOG),
        "parameters": sensitive("What was asked for; emptied at its end", JOBS, names=Names.LOG),
    },
)
declare("backoffice.Worker", {"name": internal(), "beat_at": internal()})
declare(
    "backoffice.KeptBoard",
    dict.fromkeys(
        ("board", "rows", "day", "operation", "counted_at", "seconds", "asked_at", "began_at"), internal()
    )
    | {"keys": personal("Which rows somebody should look at", "Until the figures are counted again")},
)
declare(
    "backoffice.KeptFigures",
    dict.fromkeys(("board", "place", "parent", "own", "size", "counts", "mark"), internal()),
)

PURGES = "No limit: that people were purged, how many and who decided it; not who they were"
declare(
    "backoffice.LegalHold",
    {
        **dict.fromkeys(("model", "key"), personal("Whose data must be kept", "Until the hold is lifted")),
        "reason": sensitive("Why it must be kept", "Until the hold is lifted", names=Names.TEXT),
        "by": personal("Who says that it must be kept", "Until the hold is lifted"),
        "by_name": personal(
            "Who says so, when the account is gone", "Until the hold is lifted", names=Names.LOG, of="by"
        ),
        "since": personal("Since when it must be kept", "Until the hold is lifted"),
    },
)
FORMER = "Until they are purged; of an account that is nobody's, as long as the account"
declare(
    "backoffice.FormerName",
    {
        **dict.fromkeys(("model", "key"), personal("Who was called so, or whose account", FORMER)),
        "name": personal(
            "What somebody or their account was called: to find it where they are named, when they are purged",
            FORMER,
            names=Names.LOG,
        ),
    },
)
declare(
    "backoffice.PurgeRequest",
    {
        **dict.fromkeys(
            ("model", "before", "number", "mark", "state", "asked_at", "approved_at", "done_at", "operation"),
            internal(),
        ),
        "asked_by": personal("Who asked for a purge", PURGES),
        "asked_name": personal("Who asked, when the account is gone", PURGES, names=Names.LOG, of="asked_by"),
        "approved_by": personal("Who approved a purge", PURGES),
        "approved_name": personal(
            "Who approved, when the account is gone", PURGES, names=Names.LOG, of="approved_by"
        ),
        "reason": sensitive("Why people are purged", PURGES, names=Names.LOG),
        "answer": internal("What became of the request", PURGES, names=Names.LOG),
        "report": internal("How much was removed where", PURGES),
    },
)
declare(
    "backoffice.PurgeName",
    {
        **dict.fromkeys(("request", "number", "left"), internal()),
        **dict.fromkeys(
            ("name", "words", "places"),
            personal(
                "Which names would go from which texts about others, for who approves it",
                "Until the request is carried out, withdrawn or returned",
                names=Names.LOG,
            ),
        ),
    },
)
declare(
    "backoffice.PurgeRow",
    {
        "request": internal(),
        "key": personal("Who is to be purged", "Until the request is carried out, withdrawn or returned"),
    },
)

UPLOADS = "IMPORT_DAYS after the upload"
declare(
    "backoffice.Import",
    {
        **dict.fromkeys(
            (
                *("sheet", "sha256", "size", "stored", "state", "created_at", "previewed_at"),
                *(
                    "kept",
                    "applied_at",
                    "purged_at",
                    "lines",
                    "seen",
                    "counts",
                    "operation",
                    "mapping",
                    "options",
                ),
            ),
            internal(),
        ),
        "actor": personal("Who brought a file", LOG),
        "actor_name": in_log("Who brought a file, when the account is gone", of="actor"),
        "file_name": in_log("Which file was brought"),
        "reading": internal("How a file is read, and which sheet of a workbook", names=Names.LOG),
        "header": internal("How the columns of a file are called", names=Names.LOG),
        "samples": sensitive("Some rows of a file, before they are saved", UPLOADS, names=Names.LOG),
        "reason": sensitive("Why a file was imported", LOG, names=Names.LOG),
    },
)
declare(
    "backoffice.ImportProblem",
    {
        **dict.fromkeys(("batch", "line", "column", "warning"), internal()),
        "value": sensitive("Which cell of a file is wrong", UPLOADS, names=Names.LOG),
        "reason": personal("Why it is wrong", UPLOADS, names=Names.LOG),
    },
)
declare(
    "backoffice.ImportAbsent",
    {"batch": internal(), "row": personal("Whom a file lacks", UPLOADS)},
)
declare(
    "backoffice.KeptMapping",
    {
        **dict.fromkeys(("sheet", "options"), internal()),
        "columns": internal(
            "How the columns of a file are called: without a header, by its first row",
            names=Names.LOG,
            keys=True,
        ),
        "name": internal("What a mapping is called", names=Names.TEXT),
        "owner": personal("Whose mapping it is", ACCOUNT),
    },
)

READS = "As long as access events are kept; whom they are about goes when that person is purged"
declare(
    "backoffice.AccessEvent",
    {
        **dict.fromkeys(("at", "what", "model", "number"), internal()),
        "actor": personal("Who looked at somebody's data", READS),
        "filters": personal("How the rows of a file were chosen, searches included", READS, names=Names.LOG),
        "row": personal("Whose data somebody looked at", READS),
        "address": personal("From where somebody looked", READS),
    },
)
declare(
    "backoffice.ExportChoice",
    {
        "user": personal("Who exported so", ACCOUNT),
        **dict.fromkeys(("sheet", "format", "columns"), internal()),
    },
)
declare(
    "backoffice.SavedView",
    {
        **dict.fromkeys(("model", "sort", "columns", "role"), internal()),
        "owner": personal("Whose view it is", ACCOUNT),
        "name": internal("What a view of a list is called", names=Names.TEXT),
        "query": personal("What is searched for and filtered by", ACCOUNT, names=Names.TEXT),
    },
)
declare(
    "admin.LogEntry",
    {
        **dict.fromkeys(("action_time", "content_type", "action_flag"), internal()),
        "user": personal("Who changed an account or a role", ACCOUNT),
        "object_id": personal("What was changed", LOG),
        "object_repr": in_log("What was changed, by name"),
        "change_message": in_log("What was changed in it"),
    },
)
declare(
    "auth.User",
    {
        "password": sensitive("To sign in; kept as a hash", ACCOUNT, secret=True),
        **dict.fromkeys(
            ("username", "email"), personal("To sign in and be told about it", ACCOUNT, names=Names.OWN)
        ),
        **dict.fromkeys(
            ("first_name", "last_name"), personal("To show who did something", ACCOUNT, names=Names.OWN)
        ),
        **dict.fromkeys(("last_login", "date_joined"), personal("To find unused accounts", ACCOUNT)),
        **dict.fromkeys(
            ("is_superuser", "is_staff", "is_active"), personal("What the account may do", ACCOUNT)
        ),
    },
)
declare("auth.User_groups", dict.fromkeys(("user", "group"), personal("What the account may do", ACCOUNT)))
declare(
    "auth.User_user_permissions",
    dict.fromkeys(("user", "permission"), personal("What the account may do", ACCOUNT)),
)
declare_app("auth", none())  # groups and permissions
declare(
    "auth.Group",
    {
        "name": personal(
            "What a role is called, which may be after somebody", f"As long as the role; {UNNAMED}"
        )
    },
)
declare_app("contenttypes", none())
declare(
    "sessions.Session",
    {
        "session_key": sensitive("To stay signed in", SESSION, secret=True),
        "session_data": sensitive(
            "Who is signed in, messages not yet read, and what was sent when a session was over",
            SESSION,
            secret=True,
        ),
        "expire_date": personal("When one has to sign in again", SESSION),
    },
)
declare_app("django_tasks_database", internal("The queue of what workers do", "Until the queue is cleared"))
declare(
    "django_tasks_database.DBTaskResult",
    {
        name: internal("The queue of what workers do", "Until the queue is cleared", names=Names.LOG)
        for name in ("args_kwargs", "return_value", "traceback")
    },
)

# Signing in (django-allauth), where it is installed.
for _app in ("account", "mfa", "socialaccount", "usersessions"):
    declare_app(_app, personal("To sign in and be told about it", ACCOUNT))
declare(
    "mfa.Authenticator",
    {"data": sensitive("The second factor, and what a key is called", f"{ACCOUNT}; {UNNAMED}", secret=True)},
)
declare(
    "socialaccount.SocialAccount",
    {
        "extra_data": personal(
            "What the provider says at signing in", f"{ACCOUNT}; {UNNAMED}", names=Names.TEXT
        )
    },
)
declare("account.EmailConfirmation", {"key": sensitive("To prove an address", ACCOUNT, secret=True)})
declare(
    "usersessions.UserSession",
    {
        "session_key": sensitive("To stay signed in", SESSION, secret=True),
        "user_agent": personal("To tell one's browsers apart", f"{SESSION}; {UNNAMED}", names=Names.LOG),
    },
)
declare(
    "socialaccount.SocialToken",
    dict.fromkeys(("token", "token_secret"), sensitive("To sign in elsewhere", ACCOUNT, secret=True)),
)
declare(
    "socialaccount.SocialApp",
    {
        **dict.fromkeys(("provider", "provider_id", "name", "client_id", "settings"), internal()),
        **dict.fromkeys(("key", "secret"), internal("To sign in elsewhere", secret=True)),
    },
)
