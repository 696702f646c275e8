"""The public credit information report (公共信用信息报告) of one enterprise, as PDF and HTML."""
