"""Settings: environment over ``creditlake.toml`` over defaults; a wrong one names every place that was looked at."""

from __future__ import annotations

import difflib
import hashlib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from lake.errors import TerminalError

ENVIRONMENT_PREFIX = "CREDITLAKE_"
FILE_NAME = "creditlake.toml"
COMMAND_LINE = {"lake_url": "--lake", "language": "--lang", "sources": "--sources"}
TIME_ZONE = ZoneInfo("Asia/Shanghai")
"""Time zone of every date that departments write and that people read."""


class Settings(BaseSettings):
    """What one installation is told. Credentials are never here: they come from ``AWS_*`` variables alone."""

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT_PREFIX, frozen=True, extra="forbid")

    lake_url: str = Field(default="./lake-data", min_length=1, description="folder, or s3://bucket/prefix")
    sources: Annotated[list[Path], NoDecode] = Field(
        default_factory=lambda: [Path(__file__).parent.parent / "connectors" / "sources"],
        description="folders of source declarations",
    )
    work_dir: Path = Field(default=Path(), description="local folder of the warehouse file and temporary files")
    language: Literal["zh", "en"] = "zh"
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1, le=256)
    memory_megabytes: int = Field(default=600, ge=128, description="what DuckDB may use before it spills to disk")
    s3_endpoint: str | None = Field(default=None, description="http(s)://host:port of an S3 that is not Amazon's")
    s3_region: str = "us-east-1"
    most_removed_share: float = Field(
        default=0.2, ge=0, le=1, description="share of a dataset's rows that a release may remove without approval"
    )
    most_added_share: float = Field(
        default=1.0, ge=0, description="rows that a release may add without approval, as a share of those before"
    )
    signing_key: Path | None = Field(default=None, description="PEM file of the private key that signs releases")
    signing_algorithm: Literal["ed25519", "sm2"] = Field(
        default="ed25519", description="what releases are signed with: Ed25519 (RFC 8032), or SM2 with SM3 (GB/T 32918)"
    )
    alerts: list[SecretStr] = Field(default_factory=list, description="apprise addresses told of late and failed runs")

    destinations: Annotated[list[Path], NoDecode] = Field(
        default_factory=lambda: [Path(__file__).parent.parent / "publication" / "destinations"],
        description="folders of declarations of where releases are delivered to",
    )
    report_issuer: str | None = Field(default=None, description="who gives out credit reports, as printed on them")
    report_font: str | None = Field(default=None, description="font family of credit reports")
    report_font_folders: Annotated[list[Path], NoDecode] = Field(
        default_factory=list, description="folders of fonts beside those of the system"
    )

    @property
    def is_s3(self) -> bool:
        """Whether the lake is on object storage."""
        return self.lake_url.startswith("s3://")

    @field_validator("sources", "destinations", "report_font_folders", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return value.split(os.pathsep) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _place_work_directory(self) -> Self:
        folder = self.work_dir if self.work_dir != Path() else self._default_work_directory()
        object.__setattr__(self, "work_dir", folder.absolute())
        return self

    def _default_work_directory(self) -> Path:
        if not self.is_s3:
            return Path(self.lake_url) / ".work"
        place = f"{self.s3_endpoint or ''}|{self.lake_url}"
        return Path.home() / ".cache" / "creditlake" / hashlib.sha256(place.encode()).hexdigest()[:16]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then ``creditlake.toml``: nothing hidden anywhere else."""
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read_file())


def settings_file() -> Path:
    """The settings file that is read: ``CREDITLAKE_CONFIG`` or ``creditlake.toml`` in the current folder."""
    return Path(os.environ.get(f"{ENVIRONMENT_PREFIX}CONFIG", FILE_NAME)).absolute()


def load_settings(**overrides: object) -> Settings:
    """Settings with ``overrides`` (those that are not None) on top; raises ``TerminalError`` for a wrong one."""
    given = {key: value for key, value in overrides.items() if value is not None}
    _refuse_misspelt_variables()
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(".".join(str(part) for part in first["loc"]), first) from error
    except ValueError as error:
        raise TerminalError("lake.setting_unreadable", detail=str(error), places=_places("…")) from error
    if not _is_place(settings.lake_url):
        raise TerminalError("lake.setting_lake_url", value=settings.lake_url, places=_places("lake_url"))
    if settings.s3_endpoint and not settings.s3_endpoint.startswith(("http://", "https://")):
        raise TerminalError("lake.setting_s3_endpoint", value=settings.s3_endpoint, places=_places("s3_endpoint"))
    return settings


def _is_place(url: str) -> bool:
    """Whether ``url`` is a bucket, or a folder that is there or can be made: no file stands in its way."""
    if "://" in url:
        return url.startswith("s3://") and bool(url.removeprefix("s3://").strip("/"))
    folder = Path(url).absolute()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    return nearest.is_dir()


def _names() -> list[str]:
    return list(Settings.model_fields)


def _read_file() -> dict[str, object]:
    file = settings_file()
    if not file.exists():
        if f"{ENVIRONMENT_PREFIX}CONFIG" in os.environ:
            raise TerminalError("lake.settings_file_missing", path=file)
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise TerminalError("lake.settings_file_unreadable", path=file, detail=error) from error


def _refuse_misspelt_variables() -> None:
    """A misspelt variable would be ignored in silence, and the run would write to another lake."""
    known = {f"{ENVIRONMENT_PREFIX}{name}".upper() for name in _names()}
    for variable in sorted(os.environ):
        if variable.startswith(ENVIRONMENT_PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable, known, 1, 0.85)
            if near:
                raise TerminalError("lake.setting_unknown", setting=variable, known=near[0])


def _wrong(name: str, first: object) -> TerminalError:
    detail = first if isinstance(first, dict) else {}
    if detail.get("type") == "extra_forbidden":
        near = difflib.get_close_matches(name, _names(), 1, 0.6)
        return TerminalError("lake.setting_unknown", setting=name, known=near[0] if near else ", ".join(_names()))
    return TerminalError(
        "lake.setting_wrong",
        setting=name,
        value=detail.get("input"),
        detail=detail.get("msg", ""),
        places=_places(name),
    )


def _places(name: str) -> str:
    variable = f"{ENVIRONMENT_PREFIX}{name.upper()}"
    state = "=" + os.environ[variable] if variable in os.environ else "–"
    file = settings_file()
    option = f"{COMMAND_LINE[name]}; " if name in COMMAND_LINE else ""
    return f"{option}{variable} ({state}); {file} ({'✓' if file.exists() else '–'})"
