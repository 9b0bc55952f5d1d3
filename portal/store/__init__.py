"""Rows the portal itself owns, one module a noun; nothing here decides what a page looks like.

Functions take an open connection, or the Database where the transaction is theirs.
"""
