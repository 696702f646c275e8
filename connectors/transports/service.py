"""Requests to a service: signed, retried with growing waits, at a bounded pace, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from types import TracebackType
from typing import Any

import httpx
import stamina
from stamina import instrumentation

from connectors.transports.authentication import authenticator
from connectors.transports.declaration import HttpRequest, HttpWay, OAuth2, resolved
from connectors.transports.errors import SystemAwayError, SystemRefusedError
from connectors.transports.pulling import Assignment
from connectors.transports.records import (
    BrokenAnswerError,
    Listing,
    Record,
    at,
    holds,
    page_digest,
    read_answer,
    to_records,
)
from lake.errors import CreditlakeError, TerminalError, TransientError

LARGEST_ANSWER = 64 * 1024 * 1024
FIRST_WAIT_SECONDS = 0.5
instrumentation.set_on_retry_hooks([])  # a retry that helped is no news; one that did not is an error of ours


@dataclass(frozen=True)
class Page:
    """An answer: its records (as cut out of it, or read), the document around them, its headers."""

    found: Listing | list[Record]
    document: Any
    headers: Mapping[str, str]
    address: str

    @cached_property
    def records(self) -> list[Record]:
        """The records."""
        return self.found.records() if isinstance(self.found, Listing) else self.found

    @cached_property
    def digest(self) -> str:
        """One digest of the records in their order (32 hexadecimal characters)."""
        return self.found.digest if isinstance(self.found, Listing) else page_digest(self.found)

    def value(self, path: str) -> str | None:
        """The text at a path of the document, None where it is missing, null or empty."""
        found = at(self.document, path)
        return None if found is None or found == "" else str(found)


class _WaitError(SystemAwayError):
    """A failure after which the other side says how long to wait."""

    seconds: float | None = None


class Service:
    """One system's service, for one feed; use it as a context."""

    def __init__(
        self, way: HttpWay, request: HttpRequest, task: Assignment, sleep: Callable[[float], None] = time.sleep
    ):
        self._way = way
        self._request = request
        self._task = task
        self._sleep = sleep
        self._method = "GET" if request.sends == "query" else "POST"
        self._next_at = 0.0
        self.address = self._joined(self.filled(way.address), request.path)

    def __enter__(self) -> Service:
        declared = self._way.authentication
        token = self.filled(declared.token_address) if isinstance(declared, OAuth2) else ""
        verify: Any = self._way.certificates or True
        self._client = httpx.Client(
            auth=authenticator(declared, self._task.variable, token),
            headers={name: self.filled(value) for name, value in self._way.headers.items()},
            timeout=self._way.patience.timeout_seconds,
            verify=httpx.create_ssl_context(verify=verify) if self._way.address.startswith("https") else True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def page(self, parameters: Mapping[str, str], address: str | None = None) -> Page:
        """The answer to ``parameters`` (at ``address``, else at the feed's own), asked for until it comes whole.

        Raises ``TransientError`` when patience ends, ``TerminalError`` when the service refuses or answers otherwise than
        declared; both name system, feed, address and remedy.
        """
        patience = self._way.patience
        for attempt in stamina.retry_context(
            on=self._wait_before_retry,
            attempts=patience.attempts,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=max(FIRST_WAIT_SECONDS, patience.longest_wait_seconds),
        ):
            with attempt:
                return self._ask(parameters, address or self.address)
        raise AssertionError("unreachable")

    def _wait_before_retry(self, error: Exception) -> bool | float:
        if not isinstance(error, TransientError):
            return False
        seconds = getattr(error, "seconds", None)
        if seconds is None:
            return True
        return float(seconds) if seconds <= self._way.patience.longest_wait_seconds else False

    def _ask(self, parameters: Mapping[str, str], address: str) -> Page:
        self._keep_pace()
        shown = self._task.named(address=address, attempts=self._way.patience.attempts)
        asked = httpx.URL(address)
        if self._request.sends == "query":
            asked = asked.copy_merge_params(parameters)
        try:
            with self._client.stream(self._method, asked, **self._body_of(parameters)) as response:
                self._judge(response, shown)
                body = self._body(response, shown)
        except httpx.HTTPError as error:
            detail = f"{type(error).__name__} {error}".strip()
            raise SystemAwayError("transports.unreachable", **shown, detail=detail) from error
        except CreditlakeError as error:
            error.params = {**shown, **error.params}
            raise
        return self._page(body, response, str(asked), shown)

    def _body_of(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """What a POST sends; nothing for a GET, and nothing but the address of a following page."""
        if self._request.sends == "query" or not parameters:
            return {}
        if self._request.sends == "form":
            return {"data": dict(parameters)}
        document: dict[str, Any] = {}
        for name, value in parameters.items():
            *around, last = name.split(".")
            inner = document
            for one in around:
                inner = inner.setdefault(one, {})
            inner[last] = int(value) if name in self._request.numbers else value
        return {"json": document}

    def _keep_pace(self) -> None:
        if self._way.patience.requests_per_minute is None:
            return
        wait = self._next_at - time.monotonic()
        if wait > 0:
            self._sleep(wait)
        self._next_at = time.monotonic() + 60 / self._way.patience.requests_per_minute

    def _judge(self, response: httpx.Response, shown: dict[str, object]) -> None:
        status = response.status_code
        if response.is_success:
            return
        if response.is_server_error or status in {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.REQUEST_TIMEOUT}:
            error = _WaitError("transports.http_failed", **shown, status=status)
            error.seconds = _retry_after(response.headers.get("Retry-After"))
            if error.seconds is not None and error.seconds > self._way.patience.longest_wait_seconds:
                error.code, error.params["seconds"] = "transports.wait_asked", round(error.seconds)
            raise error
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise SystemRefusedError("transports.not_authorised", **shown, status=status)
        raise SystemRefusedError("transports.http_refused", **shown, status=status)

    def _body(self, response: httpx.Response, shown: dict[str, object]) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise SystemRefusedError(
                    "transports.answer_too_large", **shown, mebibytes=LARGEST_ANSWER // 1024 // 1024
                )
        return bytes(body)

    def _page(self, body: bytes, response: httpx.Response, asked: str, shown: dict[str, object]) -> Page:
        request = self._request
        if response.status_code == httpx.codes.NO_CONTENT:  # nothing to tell, said as RFC 9110 has it
            return Page([], {}, response.headers, asked)
        try:
            kind = response.headers.get("Content-Type", "")
            answer = read_answer(body, request.answer, request.encoding, kind, request.records)
        except BrokenAnswerError as error:
            raise SystemAwayError("transports.answer_broken", **shown, detail=error) from error
        except TerminalError as error:
            error.params.update(shown)
            raise
        document = answer.document
        if request.success and str(at(document, request.success.field)) not in request.success.values:
            said = _own_words(document)
            raise SystemAwayError("transports.answer_failed", **shown, field=request.success.field, said=said)
        if not holds(document, request.records, may_lack_last=request.answer == "xml"):
            found = ", ".join(document) if isinstance(document, dict) else type(document).__name__
            raise SystemRefusedError("transports.answer_without_records", **shown, path=request.records, found=found)
        listed = answer.listing
        records = listed if listed is not None else to_records(at(document, request.records))
        return Page(records, document, response.headers, asked)

    def filled(self, template: str) -> str:
        """``template`` with its ``${VARIABLE}`` filled; raises ``SystemRefusedError`` for one that is not set."""
        try:
            return resolved(template, self._task.environment)
        except KeyError as error:
            raise SystemRefusedError(
                "transports.variable_missing", **self._task.named(variable=error.args[0])
            ) from error

    @staticmethod
    def _joined(base: str, path: str) -> str:
        return f"{base.rstrip('/')}/{path.lstrip('/')}" if path else base


def _own_words(document: object) -> str:
    """What an answer says of itself: its plain values, and nothing of its records, which may be about persons."""
    values = document.items() if isinstance(document, dict) else ()
    return ", ".join(f"{key}={value}" for key, value in values if isinstance(value, str | int | float))[:200]


def _retry_after(value: str | None) -> float | None:
    """Seconds that a ``Retry-After`` header (a number, or a date) asks for."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
