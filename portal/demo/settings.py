"""The demo's own fanlight.toml, its logo, and the tables that say which account is which customer."""

from portal.demo.files import table
from portal.demo.world import World

SETTINGS = """\
# The demo's portal. Made by `fanlight demo`; yours begins with `fanlight init`.
# config.example.toml explains every setting there is.

[portal]
name = "Northgate Supplies"
base_url = "http://127.0.0.1:8000"
database = "sqlite:var"                 # a folder beside this file
secret_key = { file = "secret.key" }
timezone = "Europe/London"              # whose midnight decides what is overdue
currency = "GBP"

[portal.help]                           # whom customers can call, shown on every page
name = "Rosalind Achebe"
email = "service@northgate-supplies.example"
phone = "+44 1632 960100"

[portal.brand]
logo = "logo.svg"
color = "#1d5c4a"

# The CRM says who is a customer: every account there becomes an organisation. The two tables in links/ say
# which e-mail address of the shop and which contact of the books is which of them. Nothing is ever matched by
# name, so "Brightwater Ltd" and "Brightwater Limited" stay two customers.
[organisations]
from = "crm"
id_files = { shop = "links/shop.csv", books = "links/books.csv" }

[[sources]]
id = "crm"
label = "Customer service"              # what customers read: "Customer service · as of 4 min ago"
kind = "exports"
every = "5m"
settle = 0                              # read at once: these files are renamed into place, never half there

[sources.show.ticket]                   # cases that are for staff only never reach the portal
IsVisibleInSelfService = ["true"]

[[sources.files]]
path = "exports/accounts.csv"
complete = true                         # the whole truth: what is no longer in the file is gone

[[sources.files]]
path = "exports/contacts.csv"
complete = true

[[sources.files]]
path = "exports/cases.csv"
complete = true

[[sources]]
id = "shop"
label = "Web shop"
kind = "exports"
every = "5m"
settle = 0
timezone = "Europe/London"

[[sources.files]]
path = "exports/orders_export*.csv"
complete = true

[[sources]]
id = "books"
label = "Accounts"
kind = "exports"
every = "5m"
settle = 0
date_order = "dmy"                      # 03/04/2026 is the third of April

[[sources.files]]
path = "exports/SalesInvoices*.csv"
encoding = "cp1252"
complete = true

# Statuses in the customer's words. One that is not listed is shown as the source wrote it.
[stages.orders]
unfulfilled = { stage = "received", say = "Received – being picked" }
partial = "part_dispatched"
fulfilled = "dispatched"

[stages.tickets]
New = "Received"
Working = "We are on it"
"Waiting on Customer" = "Waiting for you"
Closed = "Resolved"

[mail]
method = "print"                        # sign-in mails appear in the terminal

[login]
who = "contacts"                        # every contact of the CRM may sign in; the default is "invited"
"""

LOGO = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48" role="img" aria-label="Northgate Supplies">
  <rect width="48" height="48" rx="10" fill="#1d5c4a"/>
  <path d="M10 38V24a14 14 0 0 1 28 0v14h-6V24a8 8 0 0 0-16 0v14z" fill="#f4ede0"/>
  <path d="M21 38V25h6v13z" fill="#e0a33b"/>
</svg>
"""


def shop_links(world: World) -> str:
    """Which address of the shop is which account of the CRM."""
    pairs = ((buyer, c.account_id) for c in world.companies if c.account_id for buyer in c.buyers)
    return table(("account", "primary"), ({"account": a, "primary": p} for a, p in pairs))


def book_links(world: World) -> str:
    """Which contact of the books is which account of the CRM."""
    known = (company for company in world.companies if company.account_id)
    return table(("account", "primary"), ({"account": c.books_name, "primary": c.account_id} for c in known))
