"""`python -m portal.cli` is `fanlight`; the server starts its scheduler this way."""

from portal.cli import main

main()
