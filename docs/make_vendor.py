"""Packs the scripts of other people that the desk serves: `python docs/make_vendor.py`. Needs npm.

They come from npm in the versions named here, whose hashes npm publishes; nothing else of other people is in the package.
What was packed is listed in qa_speech/desk/static/THIRD_PARTY.tsv, and a test holds the files to it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).resolve().parent.parent / "qa_speech" / "desk" / "static"
HEAD = "file\tpackage\tversion\tlicence\tsha256\tlicence_text\n"


class Package(NamedTuple):
    """A package of npm: `integrity` is the SHA-512 that npm publishes for it, `script` the file that is served."""

    name: str
    version: str
    licence: str
    integrity: str
    script: str
    served_as: str


PACKAGES = (
    Package(
        "htmx.org", "4.0.1", "0BSD",
        "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg==",
        "dist/htmx.min.js", "htmx.min.js",
    ),
    Package(
        "wavesurfer.js", "8.0.1", "BSD-3-Clause",
        "sha512-h0OnRWSVTqIYLSw3/IVrBtsun/xw9L5u4FA3bjfSDTFMX/xswVWS1JwK4fFu3ulmxRUSHg8zQORl6zENG983eg==",
        "dist/wavesurfer.min.js", "wavesurfer.min.js",
    ),
)  # fmt: skip


def packed(package: Package, folder: Path) -> bytes:
    """The archive of a package, if it is the one meant."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{package.name}@{package.version}"]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    data = (folder / name).read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != package.integrity:
        raise SystemExit(f"{package.name}@{package.version}: {found}; expected {package.integrity}")
    return data


def main() -> None:
    """Fetch, check, unpack, list."""
    lines = [HEAD]
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            with tarfile.open(fileobj=io.BytesIO(packed(package, Path(folder)))) as archive:
                script = archive.extractfile(f"package/{package.script}")
                licence = archive.extractfile("package/LICENSE")
                assert script is not None
                assert licence is not None
                data, text = script.read(), licence.read()
            (STATIC / package.served_as).write_bytes(data)
            licence_name = f"LICENSE.{package.name}.txt"
            (STATIC / licence_name).write_bytes(text)
            digest = hashlib.sha256(data).hexdigest()
            cells = (package.served_as, package.name, package.version, package.licence, digest, licence_name)
            lines.append("\t".join(cells) + "\n")
    (STATIC / "THIRD_PARTY.tsv").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
