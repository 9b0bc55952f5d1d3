-- The whole database, one text for SQLite and PostgreSQL. Two sections; each is run in a file (SQLite) or under a
-- search_path (PostgreSQL) of its own, so names stand unqualified. Times are naive UTC; money is minor units
-- (cents) beside its currency; JSON columns are text. Roles, grants and row policies of PostgreSQL: roles.sql.
-- A table with an org_id is organisation-owned: sync.database gives it a scoped view (SQLite) or a policy must
-- stand in roles.sql (PostgreSQL); a test compares the three.

-- section: mirror -- written by sync only

create table meta (
  name text not null primary key,          -- schema_version, epoch (new with each rebuild), pairing
  value text not null
);

create table sources (                     -- one row per configured source, ever
  source text not null primary key,
  label text not null,
  kind text not null,
  configured integer not null,             -- 0: taken out of the TOML; its rows are hidden, not purged
  stale_after integer not null,            -- seconds
  change_seq bigint not null,              -- last number given in changes
  next_run timestamp,                      -- told by the scheduler
  failed_at timestamp,
  failure text,                            -- unavailable | refused | garbled | crashed
  failure_message text,                    -- one safe sentence, for staff
  retry_at timestamp,                      -- the source asked to be left alone until then
  quota_left bigint,                       -- what the source lets us ask for, by its last answer
  quota_of bigint,
  quota_unit text,
  quota_renewed timestamp,
  quota_at timestamp                       -- when it said so
);

create table leases (                      -- one run per source at a time, over all processes and machines
  source text not null primary key,
  owner text not null,
  until timestamp not null
);

create table streams (                     -- source × record type
  source text not null,
  record text not null,
  cursor text,
  as_of timestamp,                         -- up to when this is known true (design 4.5)
  mapping text not null,
  id_rule text not null,
  started_at timestamp,
  completed_at timestamp,                  -- last complete run
  first_completed_at timestamp,            -- until then every run is silent
  withheld integer not null,               -- removals the guard holds back
  failed_at timestamp,
  failure text,
  failure_message text,
  notes text not null,                     -- JSON list of sentences for staff
  swept_at timestamp,                      -- last time all ids were heard
  covers_from timestamp,                   -- the source tells of nothing older; null: of all there is
  primary key (source, record)
);

create table runs (
  id text not null primary key,
  source text not null,
  record text not null,
  full_listing integer not null,
  started_at timestamp not null,
  ended_at timestamp,
  outcome text,                            -- done | quarantined | withheld | unavailable | refused | garbled | crashed | stopped
  message text,
  data_rows integer not null,
  new integer not null,
  changed integer not null,
  unchanged integer not null,
  gone integer not null,
  hidden_rows integer not null,            -- data rows left out by a visibility rule
  deleted_rows integer not null,           -- data rows the source says are deleted
  quarantined_rows integer not null
);
create index runs_by_source on runs (source, started_at);

create table quarantine (                  -- rows read but not placeable
  source text not null,
  record text not null,
  place text not null,                     -- source id where known, else file and line
  source_id text,
  position text not null,                  -- "orders.csv, record 12 (line 40)"
  field text not null,
  reason text not null,
  cure text not null,
  data_rows integer not null,
  seen_at timestamp not null,
  primary key (source, record, place)
);

create table hidden (                      -- ids a visibility rule leaves out; for `fanlight explain`
  source text not null,
  record text not null,
  source_id text not null,
  number text not null,
  rule text not null,
  seen_at timestamp not null,
  primary key (source, record, source_id)
);

create table stamps (                      -- which version of an organisation's links its rows carry
  org_id bigint not null primary key,
  version bigint not null
);

create table changes (                     -- tracked values that moved; new and gone records have field '' and kind
  source text not null,
  seq bigint not null,
  record text not null,
  source_id text not null,
  org_id bigint,
  at timestamp not null,                   -- when we saw it
  kind text not null,                      -- new | changed | gone | back
  field text not null,
  before text,
  after text,
  primary key (source, seq)
);
create index changes_of_record on changes (org_id, record, source, source_id, seq);

-- Every record table begins with the same columns (sync.tables.COMMON); the rest are the record's own fields.

create table accounts (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  name text not null, number text not null, tax_number text not null, email text not null, phone text not null,
  website text not null, currency text not null, billing text, shipping text, parent text not null,
  owner_name text not null, owner_email text not null, owner_phone text not null,
  primary key (source, source_id)
);
create index accounts_by_org on accounts (org_id, source) where gone_at is null;
create index accounts_by_ref on accounts (org_id, ref);
create index accounts_by_number on accounts (number) where gone_at is null;
create index accounts_by_tax_number on accounts (tax_number) where gone_at is null;

create table contacts (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  name text not null, email text not null, email_key text not null, phone text not null, title text not null,
  active integer not null,
  primary key (source, source_id)
);
create index contacts_by_org on contacts (org_id, name) where gone_at is null;
create index contacts_by_account on contacts (source, belongs_to);
create index contacts_by_email on contacts (email_key);  -- gone ones too: a leaver must be known

create table orders (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  sort_at timestamp not null,              -- when placed, else when first seen
  number text not null, reference text not null, status text not null, payment_status text not null,
  placed timestamp, placed_on date, expected date, cancelled integer not null,
  dispatch text not null,                  -- '' unknown | none | part | all: derived from the lines
  tracking text not null,                  -- all tracking numbers, for search and the change log
  items integer not null,
  currency text not null, subtotal bigint, discount bigint, shipping bigint, tax bigint, total bigint,
  refunded bigint, outstanding bigint, payment_due date,
  note text not null, ship_to text, bill_to text, lines text not null, shipments text not null, events text not null,
  search_text text not null,
  primary key (source, source_id)
);
create index orders_by_org on orders (org_id, sort_at, ref, source, status, cancelled, dispatch)
  where gone_at is null;                   -- counted and filtered by stage without the rows
create index orders_by_ref on orders (org_id, ref);
create index orders_by_number on orders (org_id, number) where gone_at is null;  -- the order of an invoice
create index orders_by_account on orders (source, belongs_to);

create table invoices (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  sort_at timestamp not null,              -- the issue date, else when first seen
  sort_due date not null,                  -- the due date, else 9999-12-31
  kind text not null, number text not null, reference text not null, order_number text not null,
  status text not null, void integer not null, issued date, due_on date,
  currency text not null, subtotal bigint, tax bigint, total bigint, paid bigint, credited bigint, due bigint,
  note text not null, pay_url text not null, attachments integer not null,
  bill_to text, lines text not null, payments text not null, allocations text not null,
  search_text text not null,
  primary key (source, source_id)
);
create index invoices_by_org on invoices (org_id, sort_at, ref, source) where gone_at is null;
create index invoices_by_due on invoices (org_id, sort_due, ref) where gone_at is null;
create index invoices_open on invoices (org_id, currency, due_on, due, source)
  where gone_at is null and void = 0 and due <> 0;
create index invoices_by_ref on invoices (org_id, ref);
create index invoices_by_order on invoices (org_id, order_number) where gone_at is null;
create index invoices_by_account on invoices (source, belongs_to);

create table quotes (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  sort_at timestamp not null,              -- the issue date, else when first seen
  number text not null, reference text not null, title text not null, status text not null,
  issued date, valid_until date,
  currency text not null, subtotal bigint, discount bigint, tax bigint, total bigint,
  note text not null, lines text not null, search_text text not null,
  primary key (source, source_id)
);
create index quotes_by_org on quotes (org_id, sort_at, ref, source) where gone_at is null;
create index quotes_by_ref on quotes (org_id, ref);
create index quotes_by_account on quotes (source, belongs_to);

create table payments (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  sort_at timestamp not null,
  number text not null, invoice_number text not null, paid_on date, currency text not null, amount bigint not null,
  method text not null,
  primary key (source, source_id)
);
create index payments_by_org on payments (org_id, sort_at, ref) where gone_at is null;
create index payments_by_ref on payments (org_id, ref);
create index payments_by_account on payments (source, belongs_to);

create table tickets (
  source text not null, source_id text not null, ref text not null, org_id bigint, belongs_to text,
  fingerprint bigint not null, data_rows integer not null, updated timestamp,
  first_seen timestamp not null, changed_at timestamp not null, as_of timestamp, gone_at timestamp, gone_why text,
  sort_at timestamp not null,              -- last update, else opened, else first seen
  number text not null, subject text not null, status text not null, open integer not null, priority text not null,
  kind text not null, opened timestamp, closed timestamp, raised_by text not null, text text not null,
  messages text not null, search_text text not null,
  primary key (source, source_id)
);
create index tickets_by_org on tickets (org_id, open, sort_at, ref) where gone_at is null;
create index tickets_by_ref on tickets (org_id, ref);
create index tickets_by_account on tickets (source, belongs_to);

-- section: portal -- written by the web; sync writes organisations, links and credentials only

create table meta (
  name text not null primary key,          -- schema_version, pairing
  value text not null
);

create table organisations (               -- our customers
  id bigint not null primary key,          -- random 63 bits, never reused
  name text not null,
  created_at timestamp not null,
  links_version bigint not null,           -- grows with every change of its links
  removed_version bigint not null          -- links_version at the last removal: unseen until restamped
);

create table links (                       -- account of a source → organisation; explicit rules only
  source text not null,
  account text not null,
  org_id bigint,                           -- null: staff keep this account apart; no rule may link it
  rule text not null,                      -- primary | id map | tax_number | number | staff
  made_by text not null,
  made_at timestamp not null,
  primary key (source, account)
);
create index links_by_org on links (org_id);

create table credentials (                 -- tokens of live sources; out of reach of the web and of staff
  source text not null primary key,
  key_id text not null,                    -- which key sealed it
  sealed text not null,                    -- base64 of nonce and ciphertext; bound to the source
  kept_at timestamp not null,
  expires_at timestamp                     -- a person must act then, unless it is renewed before
);

create table users (                       -- people who may sign in, by address
  id bigint not null primary key,
  email text not null,                     -- as written; mail goes here
  email_key text not null unique,          -- ASCII-folded, trimmed
  name text not null,
  created_at timestamp not null,
  deactivated_at timestamp
);

create table members (                     -- a person in an organisation, by invitation
  user_id bigint not null,
  org_id bigint not null,
  roles text not null,                     -- admin | finance | orders | support | read_all, comma separated
  invited_at timestamp not null,
  invited_by text not null,
  contact_of text,                         -- the source that knew them as a contact when invited: has to go on so
  revoked_at timestamp,
  primary key (user_id, org_id)
);
create index members_by_org on members (org_id);

create table sign_ins (                    -- links and codes that may still open a session; only hashes stand here
  hash text not null primary key,          -- SHA-256 of the link's token
  purpose text not null,                   -- mail | invitation | trusted
  email_key text not null,
  user_id bigint,                          -- null: the address is unknown; the row is made all the same
  org_id bigint,
  code_hash text,
  browser_hash text,                       -- of the browser that asked; the code works there
  tries integer not null,
  next text not null,
  made_at timestamp not null,
  expires_at timestamp not null,
  used_at timestamp
);
create index sign_ins_by_email on sign_ins (email_key, made_at);

create table sessions (
  hash text not null primary key,          -- SHA-256 of the session token
  user_id bigint not null,
  org_id bigint,                           -- the organisation chosen; checked against current rights on every request
  device text not null,                    -- "Safari on iPhone", for the list of devices
  device_hash text,                        -- the row of devices that goes when a person ends this session
  made_at timestamp not null,
  seen_at timestamp not null,
  idle_seconds integer not null,
  expires_at timestamp not null,
  ended_at timestamp
);
create index sessions_by_user on sessions (user_id);

create table devices (                     -- browsers a person signed in from before: one tap instead of a code
  hash text not null,
  user_id bigint not null,
  made_at timestamp not null,
  primary key (hash, user_id)
);

create table throttle (                    -- counters for sign-in limits
  bucket text not null,
  slot bigint not null,
  hits integer not null,
  primary key (bucket, slot)
);

create table visits (                      -- who looked at what; never the record's contents
  id bigint not null primary key,
  user_id bigint not null,
  org_id bigint not null,
  at timestamp not null,
  page text not null,                      -- the route's endpoint
  record text,
  ref text
);
create index visits_by_org on visits (org_id, at);

create table outbox (                      -- the only outward write
  id bigint not null primary key,
  event_key text not null unique,
  channel text not null,                   -- mail
  recipient text not null,
  subject text not null,
  body text not null,
  body_html text not null,
  state text not null,                     -- queued | sending | sent | failed | void
  attempts integer not null,
  made_at timestamp not null,
  not_before timestamp not null,
  claimed_until timestamp,
  sent_at timestamp,
  last_error text
);
create index outbox_due on outbox (state, not_before);

create table audit (                       -- rights, invitations, links, blocked sign-ins: who, when, what
  id bigint not null primary key,
  at timestamp not null,
  actor text not null,
  what text not null,
  org_id bigint,
  detail text not null
);
create index audit_by_time on audit (at);
