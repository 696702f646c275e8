"""The Python side of ``dbt_project``: its profile, its one invocation, and the Delta copies of what it built."""

from transforms.build import BuildResult, build

__all__ = ["BuildResult", "build"]
