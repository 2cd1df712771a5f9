"""All that a running desk holds: its calls, its database, its sounds, and how it was started."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from qa_speech.desk.sound import Sounds
from qa_speech.desk.source import Calls
from qa_speech.desk.throttle import Throttle
from qa_speech.errors import ConfigError, problem
from qa_speech.marks.database import marks_file
from qa_speech.marks.desk_base import DeskBase, open_desk_base
from qa_speech.wording.lang import Lang


class OidcOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How people are signed in by an identity provider; `claim` of the ID token holds the name of the account."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str = "preferred_username"
    scope: str = "openid profile"


class DeskOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a desk is started.

    `origin` is what stands in people's address bar, ``https://desk.example``; "" on loopback, where it is made of host and
    port. `proxies` are the addresses whose headers are believed: ``X-Forwarded-For``, and `user_header` with the name of
    whoever the proxy has signed in.
    """

    run: Path
    marks_db: str = ""
    sample: Path | None = None
    recordings: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    origin: str = ""
    proxies: tuple[str, ...] = ()
    user_header: str = ""
    oidc: OidcOptions | None = None
    lang: Lang = "zh"

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by TLS."""
        return self.origin.startswith("https://")

    @property
    def origins(self) -> tuple[str, ...]:
        """Where requests that change something may come from."""
        if self.origin:
            return (self.origin,)
        names = ("127.0.0.1", "localhost", "[::1]")
        return tuple(f"http://{name}:{self.port}" for name in names)


def read_oidc(path: Path) -> OidcOptions:
    """The settings of an identity provider, a TOML file that nobody else should be able to read.

    Raises
    ------
    ConfigError
        It cannot be read, is not TOML, or lacks something.
    """
    try:
        return msgspec.toml.decode(path.read_bytes(), type=OidcOptions)
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ConfigError(
            str(path), [problem("{reason}; expected issuer, client_id and client_secret", reason=exc)]
        ) from exc


LOOPBACK = ("127.0.0.1", "::1", "localhost")


def checked(options: DeskOptions) -> DeskOptions:
    """The options, if a desk may be started so.

    Raises
    ------
    ConfigError
        Passwords would go over a network as they are, or a header would be believed from anybody.

    Examples
    --------
    >>> try:
    ...     options = checked(DeskOptions(run=Path("run"), host="0.0.0.0"))
    ... except ConfigError as exc:
    ...     print(exc.problems[0])
    open to the network without TLS; put a reverse proxy before it and name its address: --origin https://desk.example
    """
    problems: list[str] = []
    origin = options.origin
    if origin and (not origin.startswith(("https://", "http://")) or origin.count("/") != 2):
        problems.append(problem("origin {origin!r}; expected like https://desk.example, without a path", origin=origin))
    if options.host not in LOOPBACK and not options.is_secure:
        problems.append(
            problem(
                "open to the network without TLS; put a reverse proxy before it and name its address: --origin https://desk.example"
            )
        )
    if options.user_header and not options.proxies:
        problems.append(
            problem(
                "header {user_header} would be believed from anybody; name the proxy: --proxy ADDRESS",
                user_header=options.user_header,
            )
        )
    if problems:
        raise ConfigError("desk", problems)
    return options


class Final(NamedTuple):
    """What a call came to under people's marks, 0–100, and the ids of the criteria it failed."""

    total: float | None
    failed: tuple[str, ...]


class Office:
    """A desk that is open; `close` it at the end.

    Raises
    ------
    ConfigError
        The run or the database cannot be opened, or the options do not go together.
    """

    def __init__(self, options: DeskOptions) -> None:
        self.options = checked(options)
        self.calls = Calls(options.run)
        self.marks_place = options.marks_db or str(marks_file(options.run))
        self.base: DeskBase = open_desk_base(self.marks_place)
        self.sounds = Sounds(options.recordings)
        self.throttle = Throttle()
        self.finals: dict[tuple[str, int], Final] = {}
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._wanted = ""

    def prepare(self, call: str, *, sound: bool = True) -> None:
        """Read a call and begin to decode its sound, so that both are there when it is opened; the last one asked for counts."""
        if call != self._wanted:
            self._wanted = call
            self._ahead.submit(self._prepare, call, sound)

    def warm(self) -> None:
        """Read some call, so that the first one opened does not wait for models and word lists."""
        for row in self.calls.rows().by_key.values():
            self.prepare(row.id)
            return

    def _prepare(self, call: str, sound: bool) -> None:
        if call != self._wanted:
            return
        report = self.calls.report(call)
        if report is not None:
            self.calls.sheet(report)
            if sound and report.call.times != "nominal":
                self.sounds.of(report.call)

    def close(self) -> None:
        """Let everything go."""
        self._ahead.shutdown(wait=False, cancel_futures=True)
        self.sounds.close()
        self.base.close()
