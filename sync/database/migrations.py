"""How an older database becomes one of this version. A migration is never changed once it was released;
schema.sql says what comes of all of them."""

from sync.database.versions import Migration

LIVE_SOURCES = Migration(
    2,
    mirror="""
alter table sources add column quota_left bigint;
alter table sources add column quota_of bigint;
alter table sources add column quota_unit text;
alter table sources add column quota_renewed timestamp;
alter table sources add column quota_at timestamp;
alter table streams add column swept_at timestamp;
alter table streams add column covers_from timestamp;
alter table orders add column payment_due date;
create index accounts_by_ref on accounts (org_id, ref);
drop index orders_by_org;
create index orders_by_org on orders (org_id, sort_at, ref, source, status, cancelled, dispatch)
  where gone_at is null;
create index orders_by_number on orders (org_id, number) where gone_at is null;
alter table invoices add column pay_url text not null default '';
alter table invoices add column attachments integer not null default 0;
create table quotes (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp,
  gone_why text,
  sort_at timestamp not null,
  number text not null, reference text not null, title text not null, status text not null,
  issued date, valid_until date,
  currency text not null, subtotal bigint, discount bigint, tax bigint, total bigint,
  note text not null, lines text not null, search_text text not null,
  primary key (source, source_id)
);
create index quotes_by_org on quotes (org_id, sort_at, ref, source) where gone_at is null;
create index quotes_by_ref on quotes (org_id, ref);
create index quotes_by_account on quotes (source, belongs_to);
""",
    portal="""
create table credentials (
  source text not null primary key,
  key_id text not null,
  sealed text not null,
  kept_at timestamp not null,
  expires_at timestamp
);
""",
)
MIGRATIONS: tuple[Migration, ...] = (LIVE_SOURCES,)
