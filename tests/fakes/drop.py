"""A real SSH server on a loopback port with one SFTP folder, which is a folder of the test's own. It lets one
user in, by password or key, lists and reads; whatever would write is refused and remembered."""

import errno
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import paramiko


class Gate(paramiko.ServerInterface):
    """Who may come in."""

    def __init__(self, drop: "DropFolder") -> None:
        self.drop = drop

    def check_auth_password(self, username: str, password: str) -> int:
        """One user, one password."""
        self.drop.proofs.append(password)
        fits = (username, password) == ("shop", self.drop.password)
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """One user, one key."""
        fits = username == "shop" and key.asbytes() == self.drop.user_key.asbytes()
        return paramiko.AUTH_SUCCESSFUL if fits else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        """Both ways."""
        return "publickey,password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Any channel."""
        return paramiko.OPEN_SUCCEEDED


class Files(paramiko.SFTPServerInterface):
    """The folder, under /out."""

    def __init__(self, server: Gate, *args: Any, **more: Any) -> None:
        self.drop = server.drop
        super().__init__(server, *args, **more)

    def _at(self, path: str) -> Path:
        return self.drop.folder / self.canonicalize(path).removeprefix("/out").lstrip("/")

    def list_folder(self, path: str) -> Any:
        """Names with what is known of each."""
        if self.canonicalize(path) != "/out":
            return paramiko.SFTP_NO_SUCH_FILE
        return [
            paramiko.SFTPAttributes.from_stat(os.lstat(one), one.name) for one in self.drop.folder.iterdir()
        ]

    def stat(self, path: str) -> Any:
        """What is known of one file."""
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).stat())
        except OSError as e:
            return paramiko.SFTPServer.convert_errno(e.errno or errno.EIO)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        """Open for reading; the test may do something to the file at that moment."""
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND):
            self.drop.writes.append(path)
            return paramiko.SFTP_PERMISSION_DENIED
        self.drop.opened.append(Path(path).name)
        self.drop.meanwhile(self._at(path))
        handle = paramiko.SFTPHandle(flags)
        handle.readfile = self._at(path).open("rb")
        return handle

    def _write(self, *args: Any) -> int:
        self.drop.writes.append(str(args[0]))
        return int(paramiko.SFTP_PERMISSION_DENIED)

    remove = rename = posix_rename = mkdir = rmdir = chattr = symlink = _write


class DropFolder:
    """The server. ``opened`` and ``writes`` tell what was done, ``proofs`` which passwords were sent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.password = folder, "hunter22-of-the-drop"
        self.host_key: paramiko.PKey = paramiko.ECDSAKey.generate()
        self.user_key: paramiko.PKey = paramiko.ECDSAKey.generate()
        self.more_keys: list[paramiko.PKey] = []
        self.opened: list[str] = []
        self.writes: list[str] = []
        self.proofs: list[str] = []
        self.meanwhile: Callable[[Path], object] = lambda path: None
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone; again and again, if asked."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._socket.accept()
            except OSError:
                return
            transport = paramiko.Transport(wire)
            for key in (self.host_key, *self.more_keys):
                transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            self._transports.append(transport)
            transport.start_server(event=threading.Event(), server=Gate(self))

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._socket.getsockname()[1])

    def address(self, pattern: str = "orders*.csv", folder: str = "out", user: str = "shop") -> str:
        """The address of files in it."""
        return f"sftp://{user}@127.0.0.1:{self.port}/{folder}/{pattern}"

    @property
    def key_line(self) -> str:
        """Its host key, as the settings want it."""
        return f"{self.host_key.get_name()} {self.host_key.get_base64()}"
