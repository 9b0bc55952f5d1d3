"""Keeps the mirror: reads sources through connectors and writes what they say, once, into the database."""
