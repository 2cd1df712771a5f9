"""Where the page of a stored call lies, as seen from another page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from qa_speech.privacy.redact import masked_id
from qa_speech.report.page import page_name
from qa_speech.store.folder import is_run
from qa_speech.store.page_list import page_folder, read_pages
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import placeholders


def links_from(page: Path, place: Path, *, lang: Lang = "zh", mask: bool = True) -> Callable[[str], str]:
    """What gives the address of a call's page by its id, "" where there is none.

    Parameters
    ----------
    page
        The page that has the links.
    place
        Where the calls are stored: a result folder, the folder of a batch run, or files without pages.
    mask
        Link to pages in which customers' data are masked.
    """
    files: dict[str, str] = {}
    folder = place / "pages"
    if is_run(place):
        folder = page_folder(place, mask=mask) / "pages"
        files = {one.id: one.file for one in read_pages(folder.parent).pages}

    def link(call_id: str) -> str:
        shown = masked_id(call_id, placeholders(lang)) if mask else call_id
        target = folder / files.get(call_id, page_name(shown))
        if not target.is_file():
            return ""
        return quote(Path(os.path.relpath(target.absolute(), page.absolute().parent)).as_posix())

    return link
