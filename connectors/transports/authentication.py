"""How a request to a service is signed in: an API key, an OAuth2 token, an HMAC signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Generator

import httpx

from connectors.transports.declaration import ApiKey, OAuth2, Signature
from connectors.transports.errors import SystemAwayError, SystemRefusedError

Credential = Callable[[str], str]
"""The value of an environment variable by its name."""

EARLY_SECONDS = 30
"""A token is renewed so long before it ends, since clocks differ and requests take time."""


def authenticator(
    declared: ApiKey | OAuth2 | Signature | None, credential: Credential, token_address: str
) -> httpx.Auth:
    """What signs the requests of one system."""
    if isinstance(declared, ApiKey):
        return KeyAuth(declared, credential(declared.key_variable))
    if isinstance(declared, OAuth2):
        return TokenAuth(declared, credential, token_address)
    if isinstance(declared, Signature):
        return SignatureAuth(declared, credential)
    return httpx.Auth()


class KeyAuth(httpx.Auth):
    """Sends a key in a header or a parameter."""

    def __init__(self, declared: ApiKey, key: str) -> None:
        self._declared = declared
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the key."""
        if self._declared.header is not None:
            request.headers[self._declared.header] = self._key
        else:
            request.url = request.url.copy_merge_params({str(self._declared.parameter): self._key})
        yield request


class TokenAuth(httpx.Auth):
    """Gets a token, sends it, and gets another one when it has ended or the service refuses it."""

    def __init__(self, declared: OAuth2, credential: Credential, address: str) -> None:
        self._scope = declared.scope
        self._id = credential(declared.client_id_variable)
        self._secret = credential(declared.client_secret_variable)
        self._address = address
        self._token = ""
        self._ends = 0.0

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign ``request``; one renewal is tried when it is answered with 401."""
        if time.monotonic() >= self._ends:
            self._keep((yield self._asking()))
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._keep((yield self._asking()))
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _asking(self) -> httpx.Request:
        form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        if self._scope:
            form["scope"] = self._scope
        return httpx.Request("POST", self._address, data=form, headers={"Accept": "application/json"})

    def _keep(self, response: httpx.Response) -> None:
        response.read()
        if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise SystemAwayError("transports.token_failed", address=self._address, status=response.status_code)
        try:
            answer = response.json()
            self._token = str(answer["access_token"])
            seconds = float(answer.get("expires_in", 300))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SystemRefusedError(
                "transports.token_refused", address=self._address, status=response.status_code
            ) from error
        self._ends = time.monotonic() + max(1.0, seconds - EARLY_SECONDS)


class SignatureAuth(httpx.Auth):
    """Signs each request anew, so that a repeated one has a time and a nonce of its own."""

    requires_request_body = True

    def __init__(self, declared: Signature, credential: Credential) -> None:
        self._declared = declared
        self._key_id = credential(declared.key_id_variable)
        self._secret = credential(declared.secret_variable).encode()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers."""
        declared = self._declared
        sorted_parameters = httpx.QueryParams(sorted(request.url.params.multi_items()))
        request.url = request.url.copy_with(query=str(sorted_parameters).encode("ascii") or None)
        words = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query.decode("ascii"),
            "timestamp": str(int(time.time() * (1000 if declared.timestamp == "milliseconds" else 1))),
            "nonce": secrets.token_hex(16),
            "key_id": self._key_id,
            "body": request.content.decode(),
            "body_sha256": hashlib.sha256(request.content).hexdigest(),
        }
        signed = declared.signed.format(**words).encode()
        digest = hmac.new(self._secret, signed, declared.algorithm).digest()
        words["signature"] = digest.hex() if declared.encoding == "hex" else base64.b64encode(digest).decode()
        for name, template in declared.headers.items():
            request.headers[name] = template.format(**words)
        yield request
