"""Errors of every room.

An error carries a message code of the catalogue (``lake/messages``) and its parameters; wording and language are chosen
when it is shown. Whether to try again is a matter of class, never of message text.
"""

from __future__ import annotations

from lake.messages import text


class CreditlakeError(Exception):
    """Something a user must be told: what, where, the state of the data now, what to type next.

    ``code`` is a key of the catalogue such as ``connectors.header_missing_required``; ``params`` fill its placeholders.
    """

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return self.localised()

    def localised(self, language: str | None = None) -> str:
        """The message in ``language`` ("zh" or "en"), or in the current one."""
        return text(self.code, language, **self.params)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.params)


class TerminalError(CreditlakeError):
    """Trying again gives the same result: a wrong setting, contract, file or decision."""


class TransientError(CreditlakeError):
    """Trying again may help: a server that is away, a lost connection, a full queue."""


def _rebuild(kind: type[CreditlakeError], code: str, params: dict[str, object]) -> CreditlakeError:
    return kind(code, **params)
