-- PostgreSQL only: roles, grants and row policies. `fanlight init --admin URL` and `fanlight upgrade --admin URL` run
-- it; running it again changes nothing. portal_owner owns all tables and nobody logs in as it. The login roles hold
-- only what is granted here; sync.database.rights says the same for SQLite, and a test compares the two.

-- section: roles -- as the administrator

do $$
declare
  role text;
begin
  foreach role in array array['portal_owner', 'portal_web', 'portal_staff', 'portal_sync'] loop
    begin
      execute format('create role %I noinherit %s', role, case role when 'portal_owner' then 'nologin' else 'login' end);
    exception when duplicate_object or unique_violation then
      null;  -- roles belong to the whole server: another portal's database may have made them
    end;
  end loop;
  if not pg_has_role(current_user, 'portal_owner', 'SET') then
    execute format('grant portal_owner to %I with set true', current_user);
  end if;
  execute format('revoke temporary, create on database %I from public', current_database());
  execute format('grant connect on database %I to portal_web, portal_staff, portal_sync', current_database());
end $$;

revoke all on schema public from public;
create schema if not exists mirror authorization portal_owner;
create schema if not exists portal authorization portal_owner;

-- section: policies -- as portal_owner

revoke all on schema mirror, portal from public;
revoke all on all tables in schema mirror, portal from public, portal_web, portal_staff, portal_sync;
revoke all on all functions in schema mirror, portal from public;
alter default privileges revoke execute on functions from public;
grant usage on schema mirror, portal to portal_web, portal_staff, portal_sync;

grant select on mirror.meta, mirror.stamps, mirror.changes, mirror.accounts, mirror.contacts, mirror.orders,
  mirror.invoices, mirror.quotes, mirror.payments, mirror.tickets to portal_web;
grant select (source, label, kind, configured, stale_after, next_run) on mirror.sources to portal_web;
grant select (source, record, as_of, first_completed_at, completed_at) on mirror.streams to portal_web;
grant select on portal.meta, portal.organisations, portal.members to portal_web;
grant select, insert, update on portal.users, portal.outbox to portal_web;
grant select, insert, update, delete on portal.sign_ins, portal.sessions, portal.devices, portal.throttle to portal_web;
grant insert on portal.visits, portal.audit to portal_web;

grant select on all tables in schema mirror, portal to portal_staff;
revoke all on portal.credentials from portal_staff;
grant insert, update, delete on portal.users, portal.members, portal.sign_ins, portal.sessions, portal.devices,
  portal.throttle, portal.visits, portal.outbox to portal_staff;
grant insert on portal.audit to portal_staff;

grant select, insert, update, delete on all tables in schema mirror to portal_sync;
grant select on portal.meta to portal_sync;
grant select, insert, update, delete on portal.organisations, portal.links, portal.credentials
  to portal_sync;
grant insert on portal.audit to portal_sync;

-- Every table with an org_id, and organisations themselves, are held by policies, whoever owns them. The grants above
-- say what sync and staff may do; the policies only decide about rows. A mirrored row without an organisation equals
-- no setting, so it is shown to nobody.
do $$
declare
  held record;
  old record;
begin
  for held in
    select c.oid, n.nspname as schema, c.oid::regclass as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('mirror', 'portal') and c.relkind in ('r', 'p') and (
      c.relname = 'organisations'
      or exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id' and not attisdropped))
  loop
    execute format('alter table %s enable row level security', held.name);
    execute format('alter table %s force row level security', held.name);
    for old in select polname from pg_policy where polrelid = held.oid loop
      execute format('drop policy %I on %s', old.polname, held.name);
    end loop;
    execute format('create policy sync_all on %s to portal_sync using (true) with check (true)', held.name);
    execute format('create policy staff_all on %s to portal_staff using (true) with check (true)', held.name);
    if held.schema = 'mirror' then
      execute format(
        'create policy own on %s for select to portal_web '
        'using (org_id = (select nullif(current_setting(''app.org_id'', true), '''')::bigint))', held.name);
    end if;
  end loop;
end $$;

create policy own_address on mirror.contacts for select to portal_web
  using (email_key = (select nullif(current_setting('app.person', true), '')));

create policy own on portal.members for select to portal_web
  using (org_id = (select nullif(current_setting('app.org_id', true), '')::bigint)
    or user_id in (select id from portal.users
                   where email_key = (select nullif(current_setting('app.person', true), ''))));

create policy own on portal.organisations for select to portal_web
  using (id = (select nullif(current_setting('app.org_id', true), '')::bigint)
    or id in (select org_id from mirror.contacts
              where email_key = (select nullif(current_setting('app.person', true), '')))
    or id in (select m.org_id from portal.members m join portal.users u on u.id = m.user_id
              where u.email_key = (select nullif(current_setting('app.person', true), ''))));

create policy own on portal.visits for insert to portal_web
  with check (org_id = (select nullif(current_setting('app.org_id', true), '')::bigint));

-- Found by the hash of a secret, before anybody is known; written before anybody is known, and never read.
create policy by_hash on portal.sign_ins to portal_web using (true) with check (true);
create policy by_hash on portal.sessions to portal_web using (true) with check (true);
create policy write_only on portal.audit for insert to portal_web with check (true);
