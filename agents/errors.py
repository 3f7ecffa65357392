"""One kind of error for everything that a person can get wrong, and one kind of warning for what can hardly be meant."""

from difflib import get_close_matches
from numbers import Real
from typing import Any

SHOWN = 12  # names of a long list that a message spells out


class SeedbedWarning(UserWarning):
    """What was given is allowed and can be carried out, but hardly does what was meant."""


class BadInput(ValueError):
    """Something that a person gave is not allowed.

    `what` was given, the value `given` itself, what is `allowed` (a sentence, a list of
    names, or a pair of numbers for a range) and `where` it was found (a file, an option).
    Use `given=None` for something that is missing. The text is one sentence, fit to be
    shown without a traceback:

    >>> print(BadInput(what="scenario", given="baselin", allowed=["baseline", "report"], where="command line"))
    Scenario cannot be 'baselin' (command line); allowed: 'baseline' or 'report'; did you mean 'baseline'?
    >>> print(BadInput(what="fund.life.market", given=99, allowed=(5, 15), where="fund.toml"))
    fund.life.market cannot be 99 (fund.toml); allowed: from 5 to 15.
    >>> print(BadInput(what="the reason (why)", given=None, allowed="a sentence", where="fund.toml"))
    The reason (why) is missing (fund.toml); allowed: a sentence.
    """

    def __init__(self, *, what: str, given: Any, allowed: Any, where: Any):
        if _is_list(allowed) and not isinstance(allowed, tuple):
            allowed = list(allowed)  # keys of a dict, a generator: read once, kept
        super().__init__(what, given, allowed, where)
        self.what = what
        self.given = given
        self.allowed = allowed
        self.where = where

    def __str__(self) -> str:
        fault = "is missing" if self.given is None else f"cannot be {self.given!r}"
        hint = self._hint()
        end = f"; {hint}?" if hint else "."
        return f"{_sentence_start(self.what)} {fault} ({self.where}); allowed: {_spelled(self.allowed)}{end}"

    def __reduce__(self):
        # keyword arguments would not survive the way back from a worker process
        return _rebuilt, (type(self), self.what, self.given, self.allowed, self.where)

    def _hint(self) -> str:
        names = [a for a in self.allowed if isinstance(a, str)] if _is_list(self.allowed) else []
        close = get_close_matches(self.given, names, n=1) if isinstance(self.given, str) else []
        return f"did you mean {close[0]!r}" if close else ""


def _rebuilt(kind: type[BadInput], what: str, given: Any, allowed: Any, where: Any) -> BadInput:
    return kind(what=what, given=given, allowed=allowed, where=where)


def _is_list(allowed: Any) -> bool:
    return not isinstance(allowed, str) and hasattr(allowed, "__iter__")


def _sentence_start(what: str) -> str:
    """A capital for a word, but a name with dots or underscores stays as it is written."""
    first = what.split(" ", 1)[0]
    return what if "." in first or "_" in first else what[:1].upper() + what[1:]


def _spelled(allowed: Any) -> str:
    """What is allowed, in words."""
    if not _is_list(allowed):
        return str(allowed).rstrip(".")
    options = list(allowed)
    if isinstance(allowed, tuple) and len(options) == 2 and all(isinstance(o, Real) for o in options):
        return f"from {options[0]} to {options[1]}"
    if len(options) > SHOWN:
        return ", ".join(repr(o) for o in options[:SHOWN]) + f" and {len(options) - SHOWN} more"
    if len(options) > 1:
        return ", ".join(repr(o) for o in options[:-1]) + f" or {options[-1]!r}"
    return repr(options[0]) if options else "nothing"
