"""The Python side of ``dbt_project``: its profile, its one invocation, and the Delta copies of what it built."""

from transforms.build import BuildResult, build
from transforms.export import ExportResult, export

__all__ = ["BuildResult", "ExportResult", "build", "export"]
