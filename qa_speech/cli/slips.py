"""Slips of the pen on the command line, told in the language of the user: what is wrong, where, what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, Any

import typer
from typer._click.exceptions import (
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)

from qa_speech.cli.helping import argument
from qa_speech.errors import Problem, problem
from qa_speech.wording.lang import Lang, labelled, pick
from qa_speech.wording.translate import translated

FRAMES = (
    (r"No such command '(?P<name>.*)'\. Did you mean (?P<close>.*)\?", "there is no command {name}; did you mean {close}?"),
    (r"No such command '(?P<name>.*)'\.", "there is no command {name}"),
    (r"Missing command\.", "say which command"),
    (r"Got unexpected extra argument\(s\) \((?P<given>.*)\)", "these are too many: {given}"),
    (r"Option '(?P<name>.*)' requires an argument\.", "option {name} needs a value behind it"),
    (r"Option '(?P<name>.*)' requires (?P<count>\d+) arguments\.", "option {name} needs {count} values behind it"),
    (r"Option '(?P<name>.*)' does not take a value\.", "option {name} takes no value"),
    (r"Input should be a valid integer.*", "expected a whole number"),
    (r"Input should be a valid number.*", "expected a number"),
    (r"Input should be a valid boolean.*", "expected true or false"),
    (r"Input should be less than or equal to (?P<most>\S+)", "expected {most} at most"),
    (r"Input should be greater than or equal to (?P<least>\S+)", "expected {least} at least"),
    (r"Value error, (?P<given>'.*') is not one of (?P<known>.*)\.", "{given} is none of these: {known}"),
    (r"\w+ (?P<place>'.*') does not exist\.", "{place} does not exist"),
    (r"\w+ (?P<place>'.*') is a file\.", "{place} is a file, expected a folder"),
    (r"\w+ (?P<place>'.*') is a directory\.", "{place} is a folder, expected a file"),
    (r"\w+ (?P<place>'.*') is not readable\.", "{place} may not be read"),
    (r"\w+ (?P<place>'.*') is not writable\.", "{place} may not be written"),
)  # fmt: skip
"""What the framework says, and the same as a problem."""


class Slip(ClickException):
    """A usage error in the language of the user."""

    def __init__(self, error: UsageError, lang: Lang) -> None:
        shown = partial(argument, lang=lang) if isinstance(error, MissingParameter) else str
        super().__init__(translated(what_is_wrong(error), lang, shown))
        self.exit_code = error.exit_code
        self.context = error.ctx
        self.lang = lang

    def show(self, file: IO[Any] | None = None) -> None:
        """The usage of the command, and what is wrong."""
        if self.context is not None:
            path = self.context.command_path
            hint = pick(self.lang, f"用法说明：{path} --help", f"Try '{path} --help' for help.")
            typer.echo(f"{self.context.get_usage()}\n{hint}\n", err=True)
        typer.echo(labelled(pick(self.lang, "错误", "error"), self.message, self.lang), err=True)


@contextmanager
def told_in(lang: Lang) -> Iterator[None]:
    """Usage errors of the framework → `Slip`."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except UsageError as error:
        raise Slip(error, lang) from error


def what_is_wrong(error: UsageError) -> Problem:
    """A usage error as a problem.

    >>> what_is_wrong(NoSuchOption("--modle", possibilities=["--model"]))
    'there is no option --modle; did you mean --model?'
    """
    if isinstance(error, NoSuchOption):
        if error.possibilities:
            close = " / ".join(sorted(error.possibilities))
            return problem("there is no option {name}; did you mean {close}?", name=error.option_name, close=close)
        return problem("there is no option {name}", name=error.option_name)
    if isinstance(error, MissingParameter):
        if error.param is not None and error.param.param_type_name == "option":
            return problem("option {name} is missing", name=error.param.opts[0])
        return problem("what to work on is missing: {name}", name=_name(error))
    what = _framed(error.message)
    if isinstance(error, BadParameter):
        name = _name(error)
        if name.startswith("-"):
            return problem("the value of option {name} does not fit: {what}", name=name, what=what)
        return problem("the value of {name} does not fit: {what}", name=name, what=what)
    return what


def _name(error: BadParameter) -> str:
    """The option or argument that an error speaks of."""
    if isinstance(error.param_hint, str):
        return error.param_hint
    if error.param is None:
        return ""
    return error.param.opts[0]


def _framed(message: str) -> Problem:
    """What the framework says, as a problem; what no frame fits stays in its words."""
    if isinstance(message, Problem):
        return message
    for pattern, template in FRAMES:
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            return problem(template, **found.groupdict())
    return problem("{message}", message=message)
