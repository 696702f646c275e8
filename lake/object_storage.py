"""Storage on S3: conditional puts (If-None-Match, If-Match) through s3fs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import Any, BinaryIO, cast

import botocore.exceptions  # type: ignore[import-untyped]
import duckdb
import s3fs
from fsspec.asyn import sync
from typing_extensions import override

from lake.duckdb_extensions import literal, load_extension
from lake.errors import CreditlakeError, TerminalError, TransientError
from lake.settings import Settings
from lake.storage import CHUNK_BYTES, ConflictError, ObjectInfo, Storage

CONNECT_SECONDS = 5
READ_SECONDS = 60
PRECONDITION = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class ObjectStorage(Storage):
    """A prefix of an S3 bucket."""

    def __init__(self, settings: Settings, root: str) -> None:
        super().__init__(settings, root)
        self._bucket, _, self._prefix = root.removeprefix("s3://").partition("/")
        self._credentials = _credentials(root)
        self._files = s3fs.S3FileSystem(
            key=self._credentials["AWS_ACCESS_KEY_ID"],
            secret=self._credentials["AWS_SECRET_ACCESS_KEY"],
            token=self._credentials.get("AWS_SESSION_TOKEN"),
            endpoint_url=settings.s3_endpoint,
            client_kwargs={"region_name": settings.s3_region},
            config_kwargs={
                "connect_timeout": CONNECT_SECONDS,
                "read_timeout": READ_SECONDS,
                "retries": {"max_attempts": 3, "mode": "standard"},
            },
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        self._files.retries = 1

    @override
    def put_if_absent(self, path: str, data: bytes | BinaryIO) -> bool:
        try:
            with self._clear_errors(path):
                self._put(path, data, {"IfNoneMatch": "*"})
        except ConflictError:
            return False
        return True

    @override
    def replace_if(self, path: str, data: bytes, etag: str | None) -> str:
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        with self._clear_errors(path):
            return self._put(path, data, condition)

    @override
    def open(self, path: str) -> BinaryIO:
        with self._clear_errors(path):
            return cast("BinaryIO", self._files.open(self._full(path), "rb", CHUNK_BYTES, cache_type="readahead"))

    @override
    def chunks(self, path: str) -> Iterator[bytes]:
        with self._clear_errors(path), self.open(path) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                yield chunk

    @override
    def read_with_etag(self, path: str) -> tuple[bytes, str]:
        async def get() -> tuple[bytes, str]:
            answer = await self._files._call_s3("get_object", Bucket=self._bucket, Key=self._key(path))
            return await answer["Body"].read(), answer["ETag"]

        with self._clear_errors(path):
            return cast("tuple[bytes, str]", sync(self._files.loop, get))

    @override
    def exists(self, path: str) -> bool:
        with self._clear_errors(path):
            return bool(self._files.isfile(self._full(path)))

    @override
    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        with self._clear_errors(prefix):
            folder = self._full(prefix).rstrip("/") + "/"
            found = self._files.find(folder, detail=True)
        start = len(f"{self._bucket}/{self._prefix}".rstrip("/")) + 1
        for key in sorted(found):
            facts = found[key]
            modified = facts["LastModified"].astimezone(UTC)
            yield ObjectInfo(key[start:], int(facts["size"]), modified, facts["ETag"])

    @override
    def copy(self, source: str, target: str) -> None:
        with self._clear_errors(source):
            self._files.cp_file(self._full(source), self._full(target))

    @override
    def delete(self, path: str) -> None:
        with self._clear_errors(path):
            self._files.call_s3("delete_object", Bucket=self._bucket, Key=self._key(path))

    @override
    def delta_options(self) -> dict[str, str]:
        options = {
            **self._credentials,
            "AWS_REGION": self.settings.s3_region,
            "aws_conditional_put": "etag",
            "connect_timeout": f"{CONNECT_SECONDS}s",
            "timeout": f"{READ_SECONDS}s",
            "max_retries": "3",
            "retry_timeout": "20s",
        }
        if self.settings.s3_endpoint:
            options["AWS_ENDPOINT_URL"] = self.settings.s3_endpoint
            options["AWS_ALLOW_HTTP"] = str(self.settings.s3_endpoint.startswith("http://")).lower()
        return options

    @override
    def _create_secret(self, connection: duckdb.DuckDBPyConnection) -> None:
        load_extension(connection, "httpfs")
        parts = {
            "KEY_ID": self._credentials["AWS_ACCESS_KEY_ID"],
            "SECRET": self._credentials["AWS_SECRET_ACCESS_KEY"],
            "REGION": self.settings.s3_region,
            "SCOPE": f"s3://{self._bucket}",
        }
        if "AWS_SESSION_TOKEN" in self._credentials:
            parts["SESSION_TOKEN"] = self._credentials["AWS_SESSION_TOKEN"]
        if self.settings.s3_endpoint:
            scheme, _, place = self.settings.s3_endpoint.partition("://")
            parts |= {"ENDPOINT": place.rstrip("/"), "URL_STYLE": "path", "USE_SSL": str(scheme == "https").lower()}
        words = ", ".join(f"{name} {literal(value)}" for name, value in parts.items())
        name = '"' + f"creditlake_{self._bucket}".replace('"', "") + '"'
        connection.execute(f"CREATE OR REPLACE SECRET {name} (TYPE s3, {words})")

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}".strip("/")

    def _full(self, path: str) -> str:
        return f"{self._bucket}/{self._key(path)}"

    def _put(self, path: str, data: bytes | BinaryIO, condition: dict[str, str]) -> str:
        first = data if isinstance(data, bytes) else data.read(CHUNK_BYTES)
        place = {"Bucket": self._bucket, "Key": self._key(path)}
        if isinstance(data, bytes) or len(first) < CHUNK_BYTES:
            return str(self._files.call_s3("put_object", **place, Body=first, **condition)["ETag"])
        upload = {**place, "UploadId": self._files.call_s3("create_multipart_upload", **place)["UploadId"]}
        try:
            parts = _upload_parts(self._files, upload, first, data)
            answer = self._files.call_s3(
                "complete_multipart_upload", **upload, MultipartUpload={"Parts": parts}, **condition
            )
        except BaseException:
            self._files.call_s3("abort_multipart_upload", **upload)
            raise
        return str(answer["ETag"])

    @contextmanager
    def _clear_errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except CreditlakeError:
            raise
        except (OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise self._translate(error, path) from error

    def _translate(self, error: Exception, path: str) -> Exception:
        url, code = self.url(path), _code(error)
        place = self.settings.s3_endpoint or "Amazon S3"
        if code in PRECONDITION:
            return ConflictError("lake.object_changed", path=url)
        if code == "NoSuchBucket" or "bucket does not exist" in str(error):
            return TerminalError("lake.bucket_missing", bucket=self._bucket, endpoint=place)
        if isinstance(error, FileNotFoundError):
            return error
        if isinstance(error, PermissionError) or code in {"AccessDenied", "403", "SignatureDoesNotMatch"}:
            return TerminalError("lake.storage_denied", path=url, endpoint=place, detail=error)
        return TransientError("lake.storage_unreachable", path=url, endpoint=place, detail=error)


def _upload_parts(
    files: s3fs.S3FileSystem, upload: dict[str, Any], first: bytes, rest: BinaryIO
) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = []
    chunk = first
    while chunk:
        answer = files.call_s3("upload_part", **upload, PartNumber=len(parts) + 1, Body=chunk)
        parts.append({"PartNumber": len(parts) + 1, "ETag": answer["ETag"]})
        chunk = rest.read(CHUNK_BYTES)
    return parts


def _code(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, botocore.exceptions.ClientError):
            return str(cause.response.get("Error", {}).get("Code", ""))
        cause = cause.__cause__
    return ""


def _credentials(root: str) -> dict[str, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    found = {name: os.environ[name] for name in names if os.environ.get(name)}
    missing = [name for name in names[:2] if name not in found]
    if missing:
        raise TerminalError("lake.credentials_missing", names=", ".join(missing), url=root)
    return found
