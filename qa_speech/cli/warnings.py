"""What the library logs while a command runs, told in the language of the user on standard error."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qa_speech.cli.tongue import ui
from qa_speech.errors import Problem
from qa_speech.wording.lang import Lang

LOGGER = "qa_speech"


class _Told(logging.Handler):
    """A warning as a line; a problem is told in the language of the user, customers' data in its names masked."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one."""
        sys.stderr.write(f"{self._text(record)}\n")

    def _text(self, record: logging.LogRecord) -> str:
        from qa_speech.wording.translate import translated

        if not isinstance(record.msg, Problem):
            return self.format(record)
        lang = ui()
        return translated(record.msg, lang, masking(lang))


@contextmanager
def told_warnings() -> Iterator[None]:
    """Warnings of the library go to standard error as long as this lasts."""
    logger, handler = logging.getLogger(LOGGER), _Told(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def masking(lang: Lang) -> Callable[[str], str]:
    """What hides customers' data in the names that a message holds."""
    from functools import partial

    from qa_speech.privacy.redact import masked_message
    from qa_speech.wording.masking import placeholders

    return partial(masked_message, placeholders=placeholders(lang))
