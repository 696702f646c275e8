"""Real servers for the example region: an HTTP service, SFTP, PostgreSQL and S3, as the declarations of the systems say."""

from example_region.serving.serve import ServedSystems, serving

__all__ = ["ServedSystems", "serving"]
