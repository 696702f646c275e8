"""Every kill point and long random histories; `python -m benchmarks.faults`."""
