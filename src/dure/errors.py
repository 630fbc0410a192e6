"""Exceptions of Dure: each says what came, what was expected and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from traceback import extract_tb


class DureError(Exception):
    """Base of every error Dure raises on purpose.

    Examples
    --------
    >>> try:
    ...     dure.load(folder / "nowhere")
    ... except dure.DureError as error:
    ...     print(type(error).__name__)
    RunFolderError
    """


class BackendError(DureError):
    """Keras runs, or is told to run, on another backend than JAX.

    Examples
    --------
    >>> issubclass(dure.BackendError, dure.DureError)
    True
    """


class StudyError(DureError, ValueError):
    """A study that cannot be run; carries every fault found, not only the first.

    Parameters
    ----------
    faults
        One sentence per fault: what came, what was expected, what to do.
    subject
        What the faults are about, for the first line of the message.

    Examples
    --------
    >>> try:
    ...     dure.Study(build, data, epochs=0, seeds=0)
    ... except dure.StudyError as error:
    ...     print(len(error.faults))
    2
    """

    def __init__(self, faults: str | Sequence[str], subject: str = "this study") -> None:
        self.faults: tuple[str, ...] = (faults,) if isinstance(faults, str) else tuple(faults)
        if len(self.faults) == 1:
            message = self.faults[0]
        else:
            lines = "\n".join(f"  {n}. {fault}" for n, fault in enumerate(self.faults, 1))
            message = f"{len(self.faults)} things are wrong with {subject}:\n{lines}"
        super().__init__(message)


class Faults(list[str]):
    """What is wrong, a sentence each: handed to every check in turn, and raised all at once."""

    @contextmanager
    def collect(self) -> Iterator[None]:
        """Add what an error of Dure says that is raised inside, which ends there."""
        try:
            yield
        except StudyError as error:
            self += error.faults
        except DureError as error:
            self.append(str(error))

    def raise_if_any(self, subject: str = "this study") -> None:
        """Raise a `StudyError` of all of them, unless there is none."""
        if self:
            raise StudyError(self, subject)


class UnsupportedModelError(StudyError):
    """A Keras model that Dure cannot train faithfully, with the reason.

    Examples
    --------
    >>> issubclass(dure.UnsupportedModelError, dure.StudyError)
    True
    """


class MemoryPlanError(DureError, MemoryError):
    """A plan that needs more memory than the device has.

    Examples
    --------
    >>> issubclass(dure.MemoryPlanError, MemoryError)
    True
    """


class RunFolderError(DureError):
    """A run folder that cannot be written, read or gone on with.

    Examples
    --------
    >>> try:
    ...     dure.load(folder)
    ... except dure.RunFolderError as error:
    ...     print("run folder" in str(error))
    True
    """


class StudyChangedError(RunFolderError):
    """A run folder made by another study, other data or other code; carries the differences.

    Examples
    --------
    >>> try:
    ...     dure.Study(build, data).run(folder / "run", progress=False, resume=True)
    ... except dure.StudyChangedError as error:
    ...     print("study" in str(error))
    True
    """


def line_in(error: BaseException, file: str) -> int | None:
    """The line of a file that an exception came through last; None if it never was there."""
    frames = extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == file), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A closing hint ' Did you mean ...?' for a misspelt name, or '' when nothing is close."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
