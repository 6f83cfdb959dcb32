"""The contract suites on a live account of Google, and the proof of their harness on the fake one."""
