"""Rows the portal itself owns, one module a noun. Functions take an open connection, or the Database where the
transaction is theirs; nothing here decides what a page looks like."""
