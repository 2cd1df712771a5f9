"""A run whose parts lie in S3-compatible storage: the folder of the run is a mirror of it, on whichever machine.

A part is put once, under the condition that there is none of its name (``If-None-Match: *``), its Calls before its results:
work done twice is stored once here as well. Everything is read from the mirror. What was put together, rewritten or removed
in the mirror is so in the bucket after `sync`; what other machines have put is in the mirror then. Addresses and credentials
are those that boto3 finds (``AWS_ENDPOINT_URL``, ``AWS_PROFILE`` …).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file, write_bytes
from qa_speech.store.folder import (
    BUCKET,
    CALLS,
    FORGETTING,
    FORGOTTEN_MARKS,
    MANIFEST,
    RESULTS,
    SCORECARDS,
    STATE,
    SUMMARY_JSON,
    SUMMARY_TEXT,
)

MIRRORED = (
    f"{CALLS}/*.parquet", f"{RESULTS}/*.parquet", f"{SCORECARDS}/*.yaml", f"{MANIFEST}", STATE, FORGOTTEN_MARKS, FORGETTING,
    SUMMARY_JSON, SUMMARY_TEXT,
)  # fmt: skip
"""What of a run lies in the bucket, in the order it is put: Calls before the results that make them count."""


class Put(NamedTuple):
    """A file as it was when mirror and bucket agreed: the bucket's tag, and the mirror's size in bytes and time in ns."""

    tag: str
    bytes: int
    mtime_ns: int


class Link(msgspec.Struct):
    """Which bucket a run lies in (``s3://bucket/prefix``), and the files on which mirror and bucket agree."""

    url: str
    agreed: dict[str, Put] = {}


class Bucket(Protocol):
    """Objects by name."""

    def tags(self) -> dict[str, str]:
        """The names there are, with a tag of what each holds."""

    def fetch(self, name: str, path: Path) -> None:
        """An object as a file, whole or not at all."""

    def put(self, name: str, path: Path, *, once: bool) -> None:
        """A file as an object; `once`: nothing happens where there is one of that name."""

    def remove(self, name: str) -> None:
        """An object is no longer there."""


class S3:
    """A `Bucket` in S3-compatible storage, below a prefix."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        if where.scheme != "s3" or not where.netloc:
            raise ConfigError("--bucket", [problem("{url!r}; expected s3://bucket/prefix", url=url)])
        try:
            boto3: Any = import_module("boto3")
        except ImportError as exc:
            raise ConfigError("--bucket", [problem("boto3 is not installed; pip install 'qa-speech[s3]'")]) from exc
        self._errors: Any = import_module("botocore.exceptions")
        self._client: Any = boto3.client("s3")
        self._url = url
        self._bucket = where.netloc
        prefix = where.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def tags(self) -> dict[str, str]:
        """The names there are, with a tag of what each holds."""
        found = {}
        with self._told():
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for one in page.get("Contents", ()):
                    found[one["Key"].removeprefix(self._prefix)] = one["ETag"]
        return found

    def fetch(self, name: str, path: Path) -> None:
        """An object as a file, whole or not at all."""
        with self._told(), whole_file(path) as temporary:
            self._client.download_file(self._bucket, self._prefix + name, str(temporary))

    def put(self, name: str, path: Path, *, once: bool) -> None:
        """A file as an object; `once`: nothing happens where there is one of that name."""
        condition = {"IfNoneMatch": "*"} if once else {}
        with self._told(), path.open("rb") as file:
            try:
                self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=file, **condition)
            except self._errors.ClientError as exc:
                if not once or _status(exc) != PRECONDITION_FAILED:
                    raise

    def remove(self, name: str) -> None:
        """An object is no longer there."""
        with self._told():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the storage as OSError: what was stored stays, and the same command goes on from there."""
        try:
            yield
        except (self._errors.ClientError, self._errors.BotoCoreError) as exc:
            raise OSError(f"{self._url}: {exc}") from exc


PRECONDITION_FAILED = 412


def _status(exc: Any) -> int:
    return int(exc.response["ResponseMetadata"]["HTTPStatusCode"])


class Mirror:
    """The folder of a run as the mirror of a bucket.

    `keep` False: parts go from the folder when they are in the bucket, as on the machines of a cluster.
    """

    def __init__(self, place: Path, bucket: Bucket, *, keep: bool = True) -> None:
        self.place = place
        self._bucket = bucket
        self._keep = keep

    def put_part(self, name: str) -> None:
        """A part that was just written goes into the bucket, where nothing happens if it is there.

        Raises
        ------
        OSError
            The bucket does not answer or refuses: no result of the part is there then.
        """
        for folder in (CALLS, RESULTS):
            path = self.place / folder / name
            if path.is_file():
                self._bucket.put(f"{folder.as_posix()}/{name}", path, once=True)
        if not self._keep:
            for folder in (RESULTS, CALLS):
                (self.place / folder / name).unlink(missing_ok=True)

    def fetch_parts(self) -> None:
        """All parts, where the folder does not keep them."""
        if not self._keep:
            self._fetch(read_link(self.place), self._bucket.tags())

    def sync(self) -> None:
        """Mirror and bucket agree: what others have put or removed is so here, what was written or removed here is so there.

        Raises
        ------
        OSError
            The bucket does not answer.
        """
        link = read_link(self.place)
        if not (self.place / FORGETTING).exists():  # else what is being removed here would come back
            self._fetch(link, self._bucket.tags())
        self._publish(link, self._bucket.tags())
        link.agreed = self._agreed(self._bucket.tags())
        write_bytes(self.place / BUCKET, msgspec.json.encode(link))

    def _fetch(self, link: Link, tags: dict[str, str]) -> None:
        """What has come or changed in the bucket, and is not changed here; what has gone there goes."""
        local = self._files()
        for name, tag in tags.items():
            before = link.agreed.get(name)
            untouched = before is not None and name in local and _stamp(local[name]) == before[1:]
            if (name not in local and before is None) or (untouched and before is not None and before.tag != tag):
                self._bucket.fetch(name, self.place / name)
        for name, path in local.items():
            if name in link.agreed and name not in tags:
                path.unlink()

    def _publish(self, link: Link, tags: dict[str, str]) -> None:
        """What is new or changed here; then what has gone here goes there."""
        local = self._files()
        for name, path in local.items():
            before = link.agreed.get(name)
            if name not in tags or (before is not None and _stamp(path) != before[1:] and before.tag == tags[name]):
                self._bucket.put(name, path, once=False)
        for name in tags:
            if name in link.agreed and name not in local:
                self._bucket.remove(name)

    def _agreed(self, tags: dict[str, str]) -> dict[str, Put]:
        files = self._files()
        return {name: Put(tags[name], *_stamp(path)) for name, path in files.items() if name in tags}

    def _files(self) -> dict[str, Path]:
        found = {}
        for pattern in MIRRORED:
            for path in sorted(self.place.glob(pattern)):
                found[path.relative_to(self.place).as_posix()] = path
        return found


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


# -- which bucket -----------------------------------------------------------------------------------------------


def read_link(run: Path) -> Link:
    """Which bucket a run lies in; `url` is "" where it lies in its folder.

    Raises
    ------
    ConfigError
        That cannot be read.
    """
    path = run / BUCKET
    if not path.is_file():
        return Link("")
    try:
        return msgspec.json.decode(path.read_bytes(), type=Link)
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as exc:
        raise ConfigError(str(path), [problem("damaged; remove it and give --bucket again")]) from exc


def link_bucket(run: Path, url: str) -> None:
    """The run lies in this bucket from now on; what it holds already is fetched into the folder, or the other way round.

    Raises
    ------
    ConfigError
        It lies in another bucket, or both the folder and the bucket hold a run.
    OSError
        The bucket does not answer.
    """
    known = read_link(run).url
    if known == url:
        return
    if known:
        raise ConfigError(
            "--bucket", [problem("this run lies in {known}; another bucket needs another folder", known=known)]
        )
    bucket = S3(url)
    if bucket.tags() and (run / MANIFEST).exists():
        raise ConfigError(
            "--bucket",
            [problem("{url} and {run} both hold a run; choose an empty prefix or an empty folder", url=url, run=run)],
        )
    run.mkdir(parents=True, exist_ok=True)
    write_bytes(run / BUCKET, msgspec.json.encode(Link(url)))
    Mirror(run, bucket).sync()


def mirror_of(run: Path) -> Mirror | None:
    """The run as a mirror; None where it lies in its folder."""
    url = read_link(run).url
    return Mirror(run, S3(url)) if url else None


def mirror_elsewhere(url: str) -> Mirror:
    """A mirror of its own for a machine that only adds parts: with the scorecards of the run, without its parts."""
    bucket, place = S3(url), Path(tempfile.mkdtemp(prefix="qa-mirror-"))
    for name in bucket.tags():
        if name.startswith(f"{SCORECARDS}/"):
            bucket.fetch(name, place / name)
    return Mirror(place, bucket, keep=False)
