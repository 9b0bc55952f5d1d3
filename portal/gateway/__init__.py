"""The three doors to mirrored rows; nothing else in the portal reads them.

    Gateway(database, organisation, sources)   one customer's own records; no organisation to pass or forget
    people(database, address, sources)         who one address is: user, contacts, memberships, nothing more
    StaffGateway(database)                     all of it, on its own role: staff routes, jobs, the CLI

The database itself holds the scope (views and an authorizer on SQLite, row policies on PostgreSQL), so a
filter forgotten here still shows nothing of another organisation. ``organisation_scope`` and ``person_scope``
lend the portal's own store a transaction with the same scope.
"""

from portal.gateway.customer import Gateway as Gateway
from portal.gateway.found import BadCursor as BadCursor
from portal.gateway.found import Change as Change
from portal.gateway.found import Condition as Condition
from portal.gateway.found import Dues as Dues
from portal.gateway.found import Either as Either
from portal.gateway.found import Found as Found
from portal.gateway.found import Freshness as Freshness
from portal.gateway.found import Known as Known
from portal.gateway.found import Member as Member
from portal.gateway.found import Owned as Owned
from portal.gateway.found import Restamping as Restamping
from portal.gateway.found import Seat as Seat
from portal.gateway.found import Slice as Slice
from portal.gateway.found import Standing as Standing
from portal.gateway.found import Traced as Traced
from portal.gateway.found import User as User
from portal.gateway.found import Where as Where
from portal.gateway.person import people as people
from portal.gateway.person import people_within as people_within
from portal.gateway.scopes import organisation_scope as organisation_scope
from portal.gateway.scopes import person_scope as person_scope
from portal.gateway.staff import StaffGateway as StaffGateway
