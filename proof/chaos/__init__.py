"""Hundreds of refunds through the real stack, while everything in it is killed; then an auditor reads the books."""
