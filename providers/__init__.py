"""Adapters for the accounts of the user; README.md says how to add one."""
