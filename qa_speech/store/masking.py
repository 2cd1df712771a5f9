"""Outcomes of a run as people see them: ids, paths, messages and metadata without what identifies the customer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from qa_speech.privacy.placeholders import Placeholders
from qa_speech.privacy.redact import masked_id, masked_message
from qa_speech.store.base import Result


def masked_results(results: Iterable[Result], placeholders: Placeholders) -> Iterator[Result]:
    """Results for a table that people open; the store itself stays as it is, since ids are its keys.

    >>> from qa_speech.store.records import ResultRow
    >>> (shown,) = masked_results([Result(ResultRow(id="13800138000.wav"))], {"phone": "[电话]"})
    >>> shown.row.id
    '[电话].wav'
    """
    for result in results:
        row = result.row
        shown = msgspec.structs.replace(
            row,
            id=masked_id(row.id, placeholders),
            path=masked_id(row.path or "", placeholders) or None,
            message=masked_message(row.message or "", placeholders) or None,
        )
        metadata = {key: masked_message(value, placeholders) for key, value in result.metadata.items()}
        yield msgspec.structs.replace(result, row=shown, metadata=metadata)
