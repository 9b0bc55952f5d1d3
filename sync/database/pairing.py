"""Whether mirror and portal belong together, as a part of any statement that reads both."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class paired(FunctionElement[bool]):
    """False after one of the two was restored or made anew; asked on the web's side."""

    name = "paired"
    inherit_cache = True
    type = sa.Boolean()


@compiles(paired)
def _two_schemas(_element: paired, _compiler: Any, **_told: Any) -> str:
    return (
        "(select m.value = p.value from mirror.meta m, portal.meta p "
        "where m.name = 'pairing' and p.name = 'pairing')"
    )


@compiles(paired, "sqlite")
def _two_files(_element: paired, _compiler: Any, **_told: Any) -> str:
    return "(select mirror = portal from temp.pairing)"
