"""Who may do what with which table: enforced by the authorizer on SQLite and by roles.sql's grants on PostgreSQL.

A test holds the two against each other.
"""

from sync.tables import MIRROR, OWNED, PORTAL

READ, INSERT, UPDATE, DELETE = "select", "insert", "update", "delete"
ALL = frozenset({READ, INSERT, UPDATE, DELETE})
Rights = dict[str, frozenset[str]]

# What customers' pages may read of the mirror's tables that belong to no organisation; the rest is for staff.
SHARED = {
    "sources": ("source", "label", "kind", "configured", "stale_after", "next_run"),
    "streams": ("source", "record", "as_of", "first_completed_at", "completed_at"),
}
# Mirrored rows, and what the web may see of the portal's tables, in its own scope only.
SCOPED_IN_MIRROR = OWNED
SCOPED_IN_PORTAL = ("organisations", "members")

WEB: Rights = {
    **dict.fromkeys(("meta", *SCOPED_IN_PORTAL), frozenset({READ})),
    **dict.fromkeys(("users", "outbox"), frozenset({READ, INSERT, UPDATE})),
    **dict.fromkeys(("sign_ins", "sessions", "devices", "throttle"), ALL),
    **dict.fromkeys(("visits", "audit"), frozenset({INSERT})),
}
STAFF: Rights = {
    **dict.fromkeys(PORTAL, frozenset({READ})),
    **dict.fromkeys(
        ("users", "members", "sign_ins", "sessions", "devices", "throttle", "visits", "outbox"), ALL
    ),
    "audit": frozenset({READ, INSERT}),
}
OWNERS: Rights = {
    **dict.fromkeys(("organisations", "links"), ALL),
    "audit": frozenset({INSERT}),
    "meta": frozenset({READ}),
}
SYNC: Rights = dict.fromkeys(
    ("meta", "organisations", "links"), frozenset({READ})
)  # on SQLite; as OWNERS on PostgreSQL
PORTAL_RIGHTS: dict[str, Rights] = {"web": WEB, "staff": STAFF, "owners": OWNERS, "sync": SYNC}
MIRROR_RIGHTS: dict[str, Rights] = {
    "web": dict.fromkeys((*OWNED, "meta", *SHARED), frozenset({READ})),
    "staff": dict.fromkeys(MIRROR, frozenset({READ})),
    "owners": dict.fromkeys(MIRROR, frozenset({READ})),
    "sync": dict.fromkeys(MIRROR, ALL),
}
