"""Who may do what with which table. SQLite's authorizer enforces it from here, PostgreSQL by the grants in
roles.sql; a test holds the two against each other."""

from sync.tables import MIRROR, OWNED, PORTAL

READ, INSERT, UPDATE, DELETE = "select", "insert", "update", "delete"
ALL = frozenset({READ, INSERT, UPDATE, DELETE})
Rights = dict[str, frozenset[str]]

# What customers' pages may read of the mirror's tables that belong to no organisation; the rest is for staff.
SHARED = {
    "sources": ("source", "label", "kind", "configured", "stale_after", "next_run"),
    "streams": ("source", "record", "as_of", "first_completed_at", "completed_at"),
}
# What the web reads of the portal in its own scope only; its mirrored rows are all of them so.
SCOPED_IN_PORTAL = ("organisations", "members")

WEB: Rights = {
    **dict.fromkeys(("meta", *SCOPED_IN_PORTAL), frozenset({READ})),
    **dict.fromkeys(("users", "outbox"), frozenset({READ, INSERT, UPDATE})),
    **dict.fromkeys(("sign_ins", "sessions", "devices", "throttle"), ALL),
    **dict.fromkeys(("visits", "audit"), frozenset({INSERT})),
}
STAFF: Rights = {
    **{name: frozenset({READ}) for name in PORTAL if name != "credentials"},
    **dict.fromkeys(("users", "members", "sign_ins", "sessions", "devices"), ALL),
    **dict.fromkeys(("throttle", "visits", "outbox"), ALL),
    "audit": frozenset({READ, INSERT}),
}
OWNERS: Rights = {
    **dict.fromkeys(("organisations", "links", "credentials"), ALL),
    "audit": frozenset({INSERT}),
    "meta": frozenset({READ}),
}
# Sync and owners are one role on PostgreSQL, which has the rights of both.
SYNC: Rights = dict.fromkeys(("meta", "organisations", "links"), frozenset({READ}))
PORTAL_RIGHTS: dict[str, Rights] = {"web": WEB, "staff": STAFF, "owners": OWNERS, "sync": SYNC}
MIRROR_RIGHTS: dict[str, Rights] = {
    "web": dict.fromkeys((*OWNED, "meta", *SHARED), frozenset({READ})),
    "staff": dict.fromkeys(MIRROR, frozenset({READ})),
    "owners": dict.fromkeys(MIRROR, frozenset({READ})),
    "sync": dict.fromkeys(MIRROR, ALL),
}
