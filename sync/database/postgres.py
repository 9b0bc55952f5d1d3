"""Fanlight on PostgreSQL: two schemas, one login role for each side, row policies from roles.sql."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import make_url

from sync.config import Passwords
from sync.database.versions import Migration, WrongDatabase, new_value, refuse_version
from sync.tables import SCHEMA_VERSION, schema_text, section

ROLES = {"web": "portal_web", "staff": "portal_staff", "owners": "portal_sync", "sync": "portal_sync"}
SCHEMAS = ("mirror", "portal")
KEPT = 5  # connections of a role that stay open
INIT = "run `fanlight init --admin postgresql://ADMINISTRATOR@HOST`"
# The settings hold for one transaction. Whatever a connection was told before, it begins with nobody's scope.
BEGIN_WEB = """
    select set_config('app.org_id', '', true), set_config('app.person', '', true),
        set_config('statement_timeout', '15s', true),
        set_config('idle_in_transaction_session_timeout', '60s', true)
"""
BIND = "select set_config('app.org_id', %s, true), set_config('app.person', %s, true)"
# Everything that would let a role see past the policies, each as one sentence with its cure.
HOLES = """
    select format('role %s is a superuser or bypasses row security: alter role %s nosuperuser nobypassrls',
        rolname, rolname)
    from pg_roles where rolname = any(array['portal_owner', 'portal_web', 'portal_staff', 'portal_sync'])
        and (rolsuper or rolbypassrls)
    union all
    select format('role %s is a member of %s: revoke %s from %s', u.rolname, r.rolname, r.rolname, u.rolname)
    from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles u on u.oid = m.member
    where u.rolname = any(array['portal_web', 'portal_staff', 'portal_sync'])
    union all
    select format('%s is owned by %s: alter table %s owner to portal_owner', oid::regclass,
        pg_get_userbyid(relowner), oid::regclass)
    from pg_class where relnamespace = any(array['mirror'::regnamespace, 'portal'::regnamespace])
        and relkind in ('r', 'p') and pg_get_userbyid(relowner) <> 'portal_owner'
    union all
    select format('the rows of %s are not held by policies: {init} again', oid::regclass)
    from pg_class c where relnamespace = any(array['mirror'::regnamespace, 'portal'::regnamespace])
        and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
        and (relname = 'organisations' or exists (
            select from pg_attribute where attrelid = c.oid and attname = 'org_id' and not attisdropped))
    union all
    select format('role %s may %s %s: {init} again', role, kind, oid::regclass)
    from pg_class, unnest(array['portal_web', 'portal_staff']) role,
        unnest(array['select', 'insert', 'update', 'delete', 'truncate']) kind
    where (oid = 'portal.credentials'::regclass or role = 'portal_web' and oid = any(array['portal.links',
            'mirror.quarantine', 'mirror.hidden', 'mirror.runs']::regclass[]))
        and case when kind in ('delete', 'truncate') then has_table_privilege(role, oid, kind)
            else has_any_column_privilege(role, oid, kind) end
""".replace("{init}", INIT)


@dataclass(frozen=True)
class Server:
    """Schemas mirror and portal in one PostgreSQL database."""

    url: str
    passwords: Passwords
    dialect = "postgresql"

    def exists(self) -> bool:
        """Whether both schemas are there."""
        try:
            with self._reading("web") as connection:
                return all(_version(connection, name) is not None for name in SCHEMAS)
        except WrongDatabase as e:
            if "does not exist" in str(e):
                return False
            raise

    def check(self) -> None:
        """Refuse a missing or other version, and roles that the policies do not hold."""
        for role in ("web", "staff", "sync"):
            with self._reading(role) as connection:
                for name in SCHEMAS:
                    found = _version(connection, name)
                    if found is None:
                        raise WrongDatabase(f"schema {name} is not in {self._shown()}: {INIT}")
                    refuse_version(f"schema {name} in {self._shown()}", found)
                holes = connection.execute(sa.text(HOLES)).scalars().all()
        if holes:
            raise WrongDatabase(f"{self._shown()} does not keep organisations apart: {'; '.join(holes)}")

    def create(self, admin: str | None) -> None:
        """Make roles, schemas and tables that are missing, and set every grant and policy anew."""
        pairing = new_value()
        with self._administered(admin) as connection:
            connection.execute(_part("roles"))
            for role, password in self._passwords():
                _set_password(connection, role, password)
            connection.execute("set local role portal_owner")
            for name in SCHEMAS:
                _enter(connection, name)
                if connection.execute("select to_regclass(%s)", (f"{name}.meta",)).fetchone() == (None,):
                    _fill(connection, name, pairing)
            connection.execute(_part("policies"))

    def migrate(self, migrations: Sequence[Migration], admin: str | None) -> None:
        """Run the migrations the schemas have not had, and the grants and policies, in one transaction."""
        with self._administered(admin) as connection:
            connection.execute("set local role portal_owner")
            for name in SCHEMAS:
                _enter(connection, name)
                for migration in migrations:
                    _migrate(connection, getattr(migration, name), migration.version)
            connection.execute(_part("policies"))

    def engine(self, role: str, write: bool, connections: int) -> sa.Engine:
        """A small pool of connections that log in as one role."""
        engine = sa.create_engine(
            self._login(role), pool_size=min(KEPT, connections), max_overflow=max(0, connections - KEPT),
            pool_pre_ping=True, hide_parameters=True,
            connect_args={"application_name": f"fanlight {role}"},
        )  # fmt: skip
        if role == "web":
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(BEGIN_WEB))
        if write:
            return engine
        # One stable view of both schemas, and no way to write.
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    def settle(self) -> None:
        """Nothing: the server's own checkpoints see to it."""

    def bind(self, connection: sa.Connection, organisation: int | None, person: str | None) -> None:
        """Show one scope's rows to the policies until the transaction ends."""
        told = ("" if organisation is None else str(organisation), person or "")
        connection.exec_driver_sql(BIND, told)

    def _login(self, role: str) -> sa.URL:
        told = getattr(self.passwords, "sync" if role == "owners" else role)
        password = told.get_secret_value() if told else None
        return make_url(self.url).set(
            drivername="postgresql+psycopg", username=ROLES[role], password=password
        )

    def _shown(self) -> str:
        url = make_url(self.url)
        return f"PostgreSQL database {url.database!r}"

    def _passwords(self) -> Iterator[tuple[str, str]]:
        for role in ("web", "staff", "sync"):
            if told := getattr(self.passwords, role):
                yield ROLES[role], told.get_secret_value()

    @contextmanager
    def _reading(self, role: str) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self._login(role), poolclass=sa.NullPool, hide_parameters=True)
        try:
            with engine.connect() as connection:
                yield connection
        except sa.exc.OperationalError as e:
            reason = _reason(e.orig)
            cure = f"; {INIT}" if f'role "{ROLES[role]}" does not exist' in reason else ""
            raise WrongDatabase(f"{ROLES[role]} cannot open {self._shown()}: {reason}{cure}") from e

    @contextmanager
    def _administered(self, admin: str | None) -> Iterator[psycopg.Connection]:
        """One transaction as the administrator, alone at this work."""
        if admin is None:
            raise WrongDatabase(f"{self._shown()} is made and upgraded by the server's administrator: {INIT}")
        url = make_url(admin).set(drivername="postgresql", database=make_url(self.url).database)
        try:
            connection = psycopg.connect(url.render_as_string(hide_password=False))
        except psycopg.OperationalError as e:
            raise WrongDatabase(f"the administrator cannot open {self._shown()}: {_reason(e)}") from e
        with connection:
            connection.execute("select pg_advisory_xact_lock(hashtext('fanlight'))")
            yield connection


def _version(connection: sa.Connection, name: str) -> str | None:
    if connection.exec_driver_sql("select to_regclass(%s)", (f"{name}.meta",)).scalar() is None:
        return None
    found = connection.exec_driver_sql(f"select value from {name}.meta where name = 'schema_version'")
    return str(found.scalar() or "")


def _part(name: str) -> sql.SQL:
    parts = re.split(r"^-- section: (\w+).*$", schema_text("roles.sql"), flags=re.MULTILINE)
    return _trusted(parts[parts.index(name) + 1])


def _trusted(script: str) -> sql.SQL:
    return sql.SQL(cast("Any", script))  # our own files; psycopg wants literals


def _enter(connection: psycopg.Connection, schema: str) -> None:
    connection.execute("select set_config('search_path', %s, true)", (schema,))


def _fill(connection: psycopg.Connection, name: str, pairing: str) -> None:
    connection.execute(_trusted(section(name)))
    values = [("schema_version", str(SCHEMA_VERSION)), ("pairing", pairing)]
    if name == "mirror":
        values.append(("epoch", new_value()))
    connection.cursor().executemany("insert into meta (name, value) values (%s, %s)", values)


def _migrate(connection: psycopg.Connection, script: str, version: int) -> None:
    found = connection.execute("select value from meta where name = 'schema_version'").fetchone()
    if found and int(found[0]) < version:
        connection.execute(_trusted(script))
        connection.execute("update meta set value = %s where name = 'schema_version'", (str(version),))


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    # Hashed here, so that the password itself is in no server log.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(
        sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier))
    )


def _reason(error: BaseException | None) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else "no reason given"
