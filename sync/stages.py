"""What a status of an order or quote means where the TOML does not say, and how statuses are compared."""

# Words that mean the same everywhere; [stages.orders] goes before them.
COMMON = {
    word: stage
    for stage, words in {
        "received": "pending, new, open, received, unfulfilled, confirmed, pending fulfillment, scheduled, "
        "activated",
        "in_production": "processing, in process, in progress, in production",
        "part_dispatched": "partial, partially fulfilled, partially shipped, part dispatched",
        "dispatched": "shipped, fulfilled, dispatched",
        "delivered": "delivered",
        "on_hold": "on hold",
        "cancelled": "cancelled, canceled",
    }.items()
    for word in words.split(", ")
}
# The same for quotes; [stages.quotes] goes before them.
QUOTES = {
    word: state
    for state, words in {
        "open": "sent, open, presented, pending",
        "accepted": "accepted",
        "declined": "declined, rejected, denied",
        "invoiced": "invoiced",
        "expired": "expired",
    }.items()
    for word in words.split(", ")
}


def status_key(status: str) -> str:
    """A status as it is compared: case, underscores and doubled blanks do not matter."""
    return " ".join(status.casefold().replace("_", " ").split())
